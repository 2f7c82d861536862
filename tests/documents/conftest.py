"""The demo's cluster, with its stack as `make demo` makes it at the start of each page."""

import os
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from billing_dev.cluster.lifecycle import up
from billing_dev.cluster.paths import Cluster, cache
from billing_dev.installation import Images, install
from billing_dev.ports import free_port
from billing_dev.tree import ROOT
from documents.scene import Scene


@pytest.fixture(scope="session")
def demo(images: Images) -> Cluster:
    """The cluster of `make demo`, with the operator of this tree."""
    cluster = up("demo")
    install(cluster, images)
    return cluster


@pytest.fixture
def scene(demo: Cluster, images: Images) -> Iterator[Scene]:
    """The stack that the pages speak of; what a page makes beside it goes at its end."""
    with Scene(demo, images) as made:
        yield made


@pytest.fixture
def of_a_reader(tmp_path: Path) -> Mapping[str, str]:
    """The environment of a person who reads in the clone; no file of a real home is touched."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("MAKE", "MFLAGS", "KUBE"))}
    home = tmp_path / "home"
    home.mkdir()
    return kept | {
        "HOME": str(home),
        "PATH": f"{ROOT / '.venv/bin'}:{os.environ['PATH']}",
        # Which lies in the home otherwise.
        "BILLING_CACHE": str(cache()),
    }


@pytest.fixture
def environment(demo: Cluster, of_a_reader: Mapping[str, str]) -> Mapping[str, str]:
    """The same, with a kubectl that goes to the demo's cluster, as the first page has it."""
    return {
        **of_a_reader,
        "PATH": f"{demo.kubectl.parent}:{of_a_reader['PATH']}",
        "KUBECONFIG": str(demo.kubeconfig),
    }


@pytest.fixture
def environment_of_local(of_a_reader: Mapping[str, str], tmp_path: Path) -> Mapping[str, str]:
    """The same, for a `make local` on ports that are free."""
    ports = {
        name: str(free_port()) for name in ("PAYMENT_PORT", "PAYMENT_OPS_PORT", "ANTAEUS_PORT")
    }
    return {**of_a_reader, **ports, "LOCAL_FOLDER": str(tmp_path / "local")}
