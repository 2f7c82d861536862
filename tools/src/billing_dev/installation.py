"""Installs the operator from deploy/ into a cluster, with images built from this tree."""

import json
import shutil
from dataclasses import dataclass
from pathlib import Path

from billing_dev.clients.kube import Kube, Kubectl
from billing_dev.cluster.docker import image_exists
from billing_dev.cluster.engine import await_engine
from billing_dev.cluster.images import build, load
from billing_dev.cluster.paths import Cluster
from billing_dev.cluster.progress import one_at_a_time, step
from billing_dev.crd import crd
from billing_dev.eventually import eventually
from billing_dev.tree import ROOT

NAMESPACE = "billing-system"
# As deploy/base has it.
REPLICAS = 2
_PODS = "app.kubernetes.io/name=billing-operator"
# A pod that is told to end may take half a minute.
_GONE_SECONDS = 60.0
UPSTREAM_ANTAEUS = "docker.io/dfroberg/pleo-antaeus"


@dataclass(frozen=True, slots=True)
class Images:
    """The images of one installation, each with a tag that names its content."""

    operator: str
    payment: str
    antaeus: str


def build_images() -> Images:
    """Builds the operator, payment and the stand-in for Antaeus; quick where nothing changed."""
    await_engine()
    with step("build the images of operator, payment and Antaeus' stand-in", usually="5 to 80 s"):
        return Images(
            operator=build_one("billing-operator", "Dockerfile.operator"),
            payment=build_one("billing-payment", "Dockerfile.payment"),
            antaeus=build_one("antaeus-stand-in", "tools/src/billing_dev/antaeus/Dockerfile"),
        )


def build_one(name: str, dockerfile: str, *, for_others: bool = False) -> str:
    """Builds one image from the root of the tree."""
    return build(name, dockerfile=ROOT / dockerfile, context=ROOT, for_others=for_others)


def install(cluster: Cluster, images: Images, *, settings: dict[str, str] | None = None) -> None:
    """Loads the images, applies deploy/kind with their tags, and waits for the operator.

    An Antaeus that only a registry has is left to the node, which pulls it.

    Args:
        settings: further BILLING_ variables of the operator.
    """
    kube = _apply(cluster, images, settings=settings or {})
    wait_for_operator(kube)


def install_without_operator(cluster: Cluster, images: Images) -> None:
    """Installs all but the operator's pod: whoever runs another one must be the only writer.

    Several may ask for it at once.
    """
    kube = _apply(cluster, images, replicas=0)
    eventually(
        lambda: kube.list("pods", NAMESPACE, _PODS), lambda pods: pods == [], within=_GONE_SECONDS
    )


def _apply(
    cluster: Cluster,
    images: Images,
    *,
    settings: dict[str, str] | None = None,
    replicas: int = REPLICAS,
) -> Kube:
    antaeus = [images.antaeus] if image_exists(images.antaeus) else []
    kube = Kube(cluster)
    what = f"install the operator into cluster {cluster.kind_name}"
    # Of two that create the same object at once, apply fails for the second.
    with one_at_a_time(f"install-{cluster.kind_name}"):
        load(cluster, images.operator, images.payment, *antaeus)
        _make_room_for_the_api(kube, cluster)
        with step(what, usually="5 s"):
            kube("apply", "-k", str(overlay(cluster.name, images, settings or {}, replicas)))
    return kube


def _make_room_for_the_api(kube: Kube, cluster: Cluster) -> None:
    """Deletes a CRD that has stored stacks in a version which there is no more, and them with it.

    The API server refuses such a change of a CRD. The clusters of demo and tests hold nothing that
    must outlive it.
    """
    name = crd()["metadata"]["name"]
    live = kube.get("crd", name, "")
    stored = (live or {}).get("status", {}).get("storedVersions", [])
    if set(stored) - {version["name"] for version in crd()["spec"]["versions"]}:
        with step(f"delete the CRD of {', '.join(stored)}, and its stacks", usually="20 s"):
            kube("delete", "crd", name, "--timeout=120s", within=130)
            shutil.rmtree(cluster.discovery_cache, ignore_errors=True)


def wait_for_operator(kube: Kube) -> None:
    """Waits until the newest operator is ready."""
    rollout = ("rollout", "status", "deployment/billing-operator", "--timeout=120s")
    kube("-n", NAMESPACE, *rollout, within=130)


def operator_pods(kube: Kubectl) -> list[str]:
    """Names of the operator's replicas."""
    return [pod["metadata"]["name"] for pod in kube.list("pods", NAMESPACE, _PODS)]


def leader(kube: Kubectl) -> str:
    """Name of the pod of the replica that works; empty where none does."""
    lease = kube.get("lease", "billing-operator", NAMESPACE)
    return str(lease["spec"].get("holderIdentity", "")) if lease else ""


def raw_of_pod(kube: Kubectl, pod: str, path: str) -> str:
    """What a replica answers on its own port."""
    return kube.raw(f"/api/v1/namespaces/{NAMESPACE}/pods/{pod}:8080/proxy/{path}")


def overlay(name: str, images: Images, settings: dict[str, str], replicas: int = REPLICAS) -> Path:
    """Writes the kustomization that puts tags and settings over deploy/kind; returns its folder."""
    replaced = {
        "billing-operator": images.operator,
        "billing-payment": images.payment,
        UPSTREAM_ANTAEUS: images.antaeus,
    }
    env = [
        {"op": "add", "path": "/spec/template/spec/containers/0/env/-", "value": variable}
        for variable in ({"name": name, "value": value} for name, value in settings.items())
    ]
    kustomization = {
        "apiVersion": "kustomize.config.k8s.io/v1beta1",
        "kind": "Kustomization",
        "resources": ["../../deploy/kind"],
        "images": [kustomize_image(name, image) for name, image in replaced.items()],
        "replicas": [{"name": "billing-operator", "count": replicas}],
        "patches": [
            {
                "target": {"kind": "Deployment", "name": "billing-operator"},
                "patch": json.dumps(env),
            }
        ]
        if env
        else [],
    }
    folder = ROOT / ".build" / name
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "kustomization.yaml").write_text(json.dumps(kustomization, indent=2))
    return folder


def kustomize_image(name: str, image: str) -> dict[str, str]:
    """The entry of `images:` that puts an image in place of those of this name."""
    repository, at, digest = image.partition("@")
    if at:
        return {"name": name, "newName": repository, "digest": digest}
    # A colon before the last slash belongs to the registry's port.
    folder, slash, last = image.rpartition("/")
    last, _, tag = last.partition(":")
    return {"name": name, "newName": f"{folder}{slash}{last}", "newTag": tag or "latest"}
