"""What tests of every layer share: the cluster of the tests, and never another one."""

from collections.abc import Iterator
from typing import Any

import pytest

import case_names
from billing_dev.clients.api_server import Access, ApiServer
from billing_dev.clients.audit import AuditLog
from billing_dev.clients.kube import Kube
from billing_dev.cluster.lifecycle import up
from billing_dev.cluster.paths import Cluster
from billing_dev.installation import Images, build_images
from measurements import Measurements
from no_skips import pytest_make_collect_report, pytest_runtest_makereport

__all__ = ["pytest_make_collect_report", "pytest_runtest_makereport"]

# Its assertions tell what they saw, as those of a test do.
pytest.register_assert_rewrite(
    *(f"support.payment.{name}_contract" for name in ("state", "books", "duplicates"))
)

_FIGURES = pytest.StashKey[Measurements]()


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--thorough", action="store_true", help="try every point of a fault campaign, not a few"
    )
    parser.addoption(
        "--write-outputs",
        action="store_true",
        help="write what commands really print into the pages that show it (tests/documents)",
    )


def pytest_configure(config: pytest.Config) -> None:
    config.pluginmanager.register(case_names)
    config.stash[_FIGURES] = Measurements()


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if config.getoption("--thorough"):
        return
    left_out = [item for item in items if item.get_closest_marker("thorough")]
    if left_out:
        config.hook.pytest_deselected(items=left_out)
        items[:] = [item for item in items if item not in left_out]


@pytest.fixture(scope="session")
def thorough(pytestconfig: pytest.Config) -> bool:
    """Whether every point of a campaign is wanted (make test-faults), or a few (make test)."""
    return bool(pytestconfig.getoption("--thorough"))


def pytest_sessionfinish(session: pytest.Session) -> None:
    # What a worker of pytest-xdist tells the one that shows it.
    if told := getattr(session.config, "workeroutput", None):
        told["figures"] = session.config.stash[_FIGURES].lines()


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    node.config.stash[_FIGURES].take_over(getattr(node, "workeroutput", {}).get("figures", []))


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> None:
    if taken := config.stash[_FIGURES].lines():
        terminalreporter.section("figures")
        for line in taken:
            terminalreporter.line(line)


@pytest.fixture(scope="session")
def measurements(pytestconfig: pytest.Config) -> Measurements:
    """Takes figures, which are shown at the end of the run."""
    return pytestconfig.stash[_FIGURES]


@pytest.fixture(scope="session")
def cluster() -> Cluster:
    """The cluster that belongs to the tests; made where it is not there."""
    return up("test")


@pytest.fixture(scope="session")
def images() -> Images:
    """Images of this tree."""
    return build_images()


@pytest.fixture(scope="session")
def kube(cluster: Cluster) -> Kube:
    """The tests' cluster as its administrator."""
    return Kube(cluster)


@pytest.fixture(scope="session")
def access(kube: Kube, tmp_path_factory: pytest.TempPathFactory) -> Access:
    """How the API server of the tests' cluster is reached."""
    return Access.of(kube, tmp_path_factory.mktemp("access"))


@pytest.fixture(scope="session")
def api(access: Access) -> Iterator[ApiServer]:
    """The same API server as its administrator sees it."""
    with ApiServer(access) as server:
        yield server


@pytest.fixture(scope="session")
def audit(cluster: Cluster, api: ApiServer) -> AuditLog:
    """What the API server says that everybody did."""
    return AuditLog(cluster, api)
