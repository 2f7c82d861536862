"""What is missing is named, together with how to get it."""

from pathlib import Path

import pytest

from billing_dev.cluster import engine, programs
from billing_dev.cluster.errors import ClusterError
from billing_dev.cluster.paths import Cluster, cache


@pytest.fixture
def empty_path(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    monkeypatch.setenv("PATH", str(tmp_path))
    return tmp_path


def a_program(folder: Path, name: str, prints: str) -> None:
    (folder / name).write_text(f"#!/bin/sh\necho {prints}\n")
    (folder / name).chmod(0o755)


@pytest.mark.usefixtures("empty_path")
def test_a_missing_go_is_named() -> None:
    with pytest.raises(ClusterError, match=r"no Go here.*https://go\.dev"):
        programs.require_go()


def test_a_go_that_cannot_fetch_a_newer_one_is_named(empty_path: Path) -> None:
    a_program(empty_path, "go", "go1.19.8")
    with pytest.raises(ClusterError, match=r"go1\.19\.8 is too old.*https://go\.dev"):
        programs.require_go()


def test_an_older_go_that_fetches_its_toolchain_will_do(empty_path: Path) -> None:
    a_program(empty_path, "go", "go1.21.0")
    programs.require_go()


@pytest.mark.parametrize(
    ("text", "version"),
    [("go1.26.8", (1, 26)), ("devel go1.27-abc123", (1, 27)), ("nonsense", (0, 0))],
    ids=["a release", "one under way", "no version"],
)
def test_versions_of_go_are_read(text: str, version: tuple[int, int]) -> None:
    assert programs.go_version(text) == version


@pytest.mark.usefixtures("empty_path")
def test_an_engine_elsewhere_is_not_replaced_by_one_here(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOCKER_HOST", "tcp://elsewhere:2375")
    with pytest.raises(ClusterError, match=r"(?s)DOCKER_HOST.*docs\.docker\.com"):
        engine.ensure_engine()


def test_a_cluster_of_another_name_is_refused() -> None:
    with pytest.raises(ClusterError, match="'prod' is no cluster; there are: demo, test, ship"):
        Cluster("prod")


def test_the_pins_name_the_kubernetes_that_is_stamped() -> None:
    assert programs.pinned("k8s.io/kubernetes") == programs.KUBERNETES


@pytest.mark.parametrize(
    ("environment", "folder"),
    [
        ({"BILLING_CACHE": "/there", "XDG_CACHE_HOME": "/other"}, "/there"),
        ({"XDG_CACHE_HOME": "/other"}, "/other/billing-stack"),
        ({"BILLING_CACHE": "", "XDG_CACHE_HOME": ""}, f"{Path.home()}/.cache/billing-stack"),
    ],
    ids=["our own variable", "that of all caches", "neither"],
)
def test_the_cache_is_where_the_environment_says(environment: dict[str, str], folder: str) -> None:
    assert cache(environment) == Path(folder)
