"""The commands for a cluster of the user's, on one that knows nothing of all this yet.

The cluster pulls what was pushed, from a registry on this machine. Each step is a fixture that
stands on the one before, so that any test here may run alone.
"""

import os
import subprocess
from collections.abc import Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field

import pytest
import yaml

from billing_dev.clients.kube import Kube, Manifest
from billing_dev.cluster.docker import docker
from billing_dev.cluster.lifecycle import down, up
from billing_dev.cluster.paths import Cluster
from billing_dev.eventually import eventually
from billing_dev.installation import NAMESPACE, REPLICAS, Images
from billing_dev.shipping.release import release_folder
from billing_dev.tree import ROOT
from billing_operator import __version__
from fresh_cluster.local_registry import LocalRegistry, local_registry
from measurements import Measurements
from support.cluster.limits import ROLLOUT
from support.cluster.workspace import a_stack, conditions

INVOICES = 40
# Not the folder that a person's own `make push` writes to.
RELEASE = ".build/release-of-a-test"
STACK = "shop/billing"
CRD = "billingstacks.billing.antaeus.io"
_SECONDS = 600  # a first build and a push may take their time
pytestmark = pytest.mark.timeout(900)


@dataclass(frozen=True, slots=True)
class Said:
    """How a command ended, and all that it printed."""

    code: int
    words: str


@dataclass(frozen=True, slots=True)
class Shell:
    """Where a person types the commands."""

    environment: Mapping[str, str] = field(repr=False)
    measurements: Measurements

    def make(self, target: str, **variables: str) -> Said:
        """Runs a target as a person would type it."""
        named = [f"{name}={value}" for name, value in {"RELEASE": RELEASE, **variables}.items()]
        done = subprocess.run(
            ["make", target, *named],
            cwd=ROOT,
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=_SECONDS,
            check=False,
        )
        return Said(done.returncode, done.stdout)

    def must(self, target: str, **variables: str) -> str:
        """The same for what has to end well; returns what was printed."""
        with self.measurements.timed(f"make {target}, on a cluster of its own"):
            said = self.make(target, **variables)
        assert said.code == 0, said.words
        return said.words


@pytest.fixture(scope="module")
def coming(images: Images) -> Iterator[Future[Cluster]]:  # noqa: ARG001 - they are built before
    """A cluster in which nobody has been before, on its way: a push needs none yet."""
    down("ship")
    try:
        with ThreadPoolExecutor() as aside:
            yield aside.submit(up, "ship")
    finally:
        down("ship")


@pytest.fixture(scope="module")
def own_registry(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalRegistry]:
    """A registry on this machine; what was tagged for it is untagged at the end."""
    with local_registry(tmp_path_factory.mktemp("registry")) as made:
        yield made
    names = docker("image", "ls", "--format", "{{.Repository}}:{{.Tag}}").split()
    if ours := [name for name in names if name.startswith(made.address)]:
        docker("rmi", *ours)


@pytest.fixture(scope="module")
def stand_in(own_registry: LocalRegistry, images: Images) -> str:
    """The stand-in for Antaeus, as an image of the registry's."""
    name = f"{own_registry.address}/team/antaeus:1"
    docker("tag", images.antaeus, name)
    docker("push", name)
    return name


@pytest.fixture(scope="module")
def pushed(
    coming: Future[Cluster],  # noqa: ARG001 - meanwhile
    own_registry: LocalRegistry,
    stand_in: str,
    measurements: Measurements,
) -> dict[str, str]:
    """What `make push` wrote down: images by the names that they take the place of."""
    to = {"REGISTRY": f"{own_registry.address}/team", "ANTAEUS_IMAGE": stand_in}
    Shell(environment(), measurements).must("push", **to)
    return written()


@pytest.fixture(scope="module")
def own_cluster(
    coming: Future[Cluster],
    own_registry: LocalRegistry,
    pushed: dict[str, str],  # noqa: ARG001 - an order
) -> Iterator[Cluster]:
    """The cluster, whose node pulls from the registry."""
    made = coming.result()
    with own_registry.serving(made):
        yield made


@pytest.fixture(scope="module")
def kube(own_cluster: Cluster) -> Kube:
    """That cluster as its administrator, in place of the one of the other tests."""
    return Kube(own_cluster)


@pytest.fixture(scope="module")
def shell(own_cluster: Cluster, measurements: Measurements) -> Shell:
    """Where the commands are typed: kubectl points to the cluster."""
    kubectl = {"KUBECTL": str(own_cluster.kubectl), "KUBECONFIG": str(own_cluster.kubeconfig)}
    return Shell(environment() | kubectl, measurements)


def environment() -> dict[str, str]:
    """Of this process, but not as a part of the make that runs the tests."""
    return {k: v for k, v in os.environ.items() if not k.startswith(("MAKE", "MFLAGS"))}


@pytest.fixture(scope="module")
def verified_before(shell: Shell, kube: Kube) -> str:
    """What `make verify` says of a cluster that has nothing of ours, and has nothing after it."""
    said = shell.must("verify")
    assert kube("get", "crd", CRD, "--ignore-not-found") == ""
    assert kube("get", "namespace", NAMESPACE, "--ignore-not-found") == ""
    return said


@pytest.fixture(scope="module")
def deployed(shell: Shell, verified_before: str) -> str:  # noqa: ARG001 - an order
    """What `make deploy` says; the operator runs."""
    return shell.must("deploy")


@pytest.fixture(scope="module")
def stack(kube: Kube, deployed: str) -> Manifest:  # noqa: ARG001 - an order
    """A stack whose invoices all get paid, ready."""
    namespace, name = STACK.split("/")
    kube("create", "namespace", namespace)
    made = a_stack(
        name,
        namespace,
        {
            "antaeus": {"env": [{"name": "ANTAEUS_INVOICES", "value": str(INVOICES)}]},
            "payment": {"replicas": 2, "successRate": 1},
        },
    )
    kube.apply(made)
    wait = ("wait", f"bst/{name}", "--for=condition=Ready", f"--timeout={ROLLOUT:.0f}s")
    kube("-n", namespace, *wait, within=ROLLOUT + 10)
    return kube.must_get("bst", name, namespace)


def written() -> dict[str, str]:
    """The images of the overlay."""
    folder = release_folder({"RELEASE": RELEASE})
    entries = yaml.safe_load((folder / "kustomization.yaml").read_text())["images"]
    return {
        one["name"]: f"{one['newName']}@{one['digest']}"
        if "digest" in one
        else f"{one['newName']}:{one['newTag']}"
        for one in entries
    }


def test_a_push_writes_down_what_the_registry_has(
    pushed: dict[str, str], own_registry: LocalRegistry, stand_in: str
) -> None:
    def by_digest(name: str) -> str:
        digest = own_registry.digest(f"team/{name}", __version__)
        return f"{own_registry.address}/team/{name}@{digest}"

    assert pushed == {
        "billing-operator": by_digest("billing-operator"),
        "billing-payment": by_digest("billing-payment"),
        "docker.io/dfroberg/pleo-antaeus": stand_in,
    }


def test_a_verification_keeps_nothing_and_says_what_it_could_not_try(
    verified_before: str,
) -> None:
    assert "NOT OK" not in verified_before
    not_tried = [line for line in verified_before.splitlines() if "not tried " in line]
    assert [line.split(": ")[1] for line in not_tried] == [
        f"BillingStack {name}" for name in ("demo", "full", "minimal")
    ]
    assert "since billing-system is not there yet" in verified_before
    assert f"CustomResourceDefinition {CRD}" in verified_before


def test_what_is_deployed_is_what_was_pushed(
    kube: Kube, deployed: str, pushed: dict[str, str], own_cluster: Cluster
) -> None:
    found = [pod["status"]["containerStatuses"][0] for pod in kube.list("pods", NAMESPACE)]
    assert [status["ready"] for status in found] == [True] * REPLICAS
    digest = pushed["billing-operator"].partition("@")[2]
    assert {status["imageID"].partition("@")[2] for status in found} == {digest}
    # Whose cluster it is comes first.
    server = kube("config", "view", "--minify", "-o", "jsonpath={.clusters[0].cluster.server}")
    assert f"==> context kind-{own_cluster.kind_name}: {server}" == deployed.splitlines()[0]
    assert f"{pushed['billing-operator']}, version {__version__}" in deployed


def uids(kube: Kube) -> set[str]:
    """Of the operator's pods."""
    return {pod["metadata"]["uid"] for pod in kube.list("pods", NAMESPACE)}


@pytest.mark.usefixtures("deployed")
def test_another_deployment_of_the_same_restarts_nothing(shell: Shell, kube: Kube) -> None:
    before = uids(kube)
    shell.must("deploy")
    assert uids(kube) == before


@pytest.mark.usefixtures("deployed")
def test_once_deployed_the_samples_can_be_tried_as_well(shell: Shell) -> None:
    said = shell.must("verify")

    assert "not tried" not in said
    assert "ok         deploy/samples/full.yaml: BillingStack full" in said


def test_a_smoke_test_says_that_it_pays_and_pays(shell: Shell, stack: Manifest) -> None:
    said = shell.must("smoke", STACK=STACK)

    announced, table = said.index("a real pay call follows"), said.index("PENDING")
    assert announced < said.index("POST /rest/v1/invoices/pay") < table
    assert f"{INVOICES} at the moment" in said
    rows = [line.split() for line in said.splitlines()]
    assert ["PENDING", str(INVOICES), "0", f"-{INVOICES}"] in rows
    assert ["invoices", "PAID", "0", str(INVOICES), f"+{INVOICES}"] in rows
    assert stack["status"]["operatorVersion"] == __version__


@pytest.mark.usefixtures("stack")
def test_a_stack_that_is_not_ready_is_not_told_to_pay(shell: Shell, kube: Kube) -> None:
    bad = a_stack("broken", "shop", {"payment": {"image": "localhost/no-such-image:1"}})
    kube.apply(bad)
    eventually(
        lambda: conditions(kube.must_get("bst", "broken", "shop")), within=ROLLOUT, every=0.5
    )

    said = shell.make("smoke", STACK="broken", NAMESPACE="shop")

    assert said.code != 0
    assert "Stack shop/broken is not Ready: " in said.words
    assert "pay call" not in said.words


@pytest.mark.usefixtures("stack")
def test_nothing_is_removed_while_there_are_stacks_unless_they_are_given_up(
    shell: Shell, kube: Kube
) -> None:
    said = shell.make("undeploy")
    assert said.code != 0
    assert f"  {STACK}\n" in said.words
    assert "make undeploy STACKS=delete" in said.words
    assert kube.get("bst", "billing", "shop")

    shell.must("undeploy", STACKS="delete")

    assert kube("get", "crd", CRD, "--ignore-not-found") == ""
    assert kube("get", "namespace", NAMESPACE, "--ignore-not-found") == ""
    left = ("get", "clusterroles,clusterrolebindings", "-l", "app.kubernetes.io/part-of")
    assert kube(*left, "-o", "name") == ""
    assert kube("-n", "shop", "get", "deployments,pods", "-o", "name") == ""
