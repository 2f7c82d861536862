"""What deploy/ renders to, and that an API server takes all of it."""

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from billing_dev.clients.kube import Kube, KubectlError
from billing_dev.installation import UPSTREAM_ANTAEUS, Images
from billing_dev.tree import ROOT

Manifest = dict[str, Any]

# Strictly: a field that the API server doesn't know is a mistake, not something to drop.
_DRY_RUN = ("apply", "--server-side", "--force-conflicts", "--dry-run=server", "--validate=strict")
SAMPLES = sorted((ROOT / "deploy/samples").glob("*.yaml"))


def rendered(kube: Kube, folder: Path) -> list[Manifest]:
    return [each for each in yaml.safe_load_all(kube("kustomize", str(folder))) if each]


def operator(manifests: list[Manifest]) -> Manifest:
    (deployment,) = (each for each in manifests if each["kind"] == "Deployment")
    (container,) = deployment["spec"]["template"]["spec"]["containers"]
    made: Manifest = container
    return made


def variable(container: Manifest, name: str) -> str:
    (value,) = (each["value"] for each in container["env"] if each["name"] == name)
    return str(value)


@pytest.fixture
def overlay(request: pytest.FixtureRequest) -> Path:
    """A kustomization as a person would keep one beside deploy/: other registries and tags."""
    base = ROOT / "deploy" / request.param
    folder: Path = ROOT / ".build" / f"overlay-of-{request.param}"
    folder.mkdir(parents=True, exist_ok=True)
    renamed = [
        {"name": "billing-operator", "newName": "example.test/team/operator", "newTag": "7"},
        {"name": "billing-payment", "newName": "example.test/team/payment", "newTag": "8"},
        {"name": UPSTREAM_ANTAEUS, "newName": "example.test/team/antaeus", "newTag": "9"},
    ]
    kustomization = {"resources": [f"../../deploy/{base.name}"], "images": renamed}
    (folder / "kustomization.yaml").write_text(json.dumps(kustomization))
    return folder


@pytest.mark.parametrize("overlay", ["base", "kind"], indirect=True)
def test_images_of_an_overlay_reach_the_operator_and_what_it_runs(
    kube: Kube, overlay: Path
) -> None:
    container = operator(rendered(kube, overlay))

    assert container["image"] == "example.test/team/operator:7"
    assert variable(container, "BILLING_OPERATOR_IMAGE") == "example.test/team/operator:7"
    assert variable(container, "BILLING_PAYMENT_IMAGE") == "example.test/team/payment:8"
    assert variable(container, "BILLING_ANTAEUS_IMAGE") == "example.test/team/antaeus:9"


def test_without_an_overlay_the_images_are_those_of_this_version(kube: Kube) -> None:
    container = operator(rendered(kube, ROOT / "deploy/base"))

    assert container["image"].startswith("billing-operator:")
    assert variable(container, "BILLING_ANTAEUS_IMAGE").startswith(f"{UPSTREAM_ANTAEUS}:")


def test_everything_is_in_the_operators_namespace(kube: Kube) -> None:
    namespaces = {
        manifest["metadata"].get("namespace") for manifest in rendered(kube, ROOT / "deploy/base")
    }

    assert namespaces == {None, "billing-system"}


@pytest.mark.parametrize("folder", ["base", "kind"])
@pytest.mark.usefixtures("installed")
def test_an_api_server_takes_what_is_deployed(kube: Kube, folder: str) -> None:
    kube(*_DRY_RUN, "-k", str(ROOT / "deploy" / folder))


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda sample: sample.stem)
@pytest.mark.usefixtures("installed")
def test_an_api_server_takes_a_sample(kube: Kube, sample: Path) -> None:
    for manifest in yaml.safe_load_all(sample.read_text()):
        # The sample's own namespace is not there yet.
        manifest["metadata"].pop("namespace", None)
        kube("-n", "default", *_DRY_RUN, "-f", "-", stdin=json.dumps(manifest))


def test_an_api_server_refuses_a_field_that_it_does_not_know(
    kube: Kube,
    installed: Images,  # noqa: ARG001 - brings the schema
) -> None:
    manifest = yaml.safe_load((ROOT / "deploy/samples/minimal.yaml").read_text())
    manifest["spec"] = {"payment": {"sucessRate": 1}}

    with pytest.raises(KubectlError, match="sucessRate"):
        kube("-n", "default", *_DRY_RUN, "-f", "-", stdin=json.dumps(manifest))
