"""What tests of every layer share: the cluster of the tests, and never another one."""

import pytest

from cluster.lifecycle import up
from cluster.paths import Cluster
from support.installation import Images, build_images, install
from support.kube import Kube


@pytest.fixture(scope="session")
def cluster() -> Cluster:
    """The cluster that belongs to the tests; made where it is not there."""
    return up("test")


@pytest.fixture(scope="session")
def images() -> Images:
    """Images of this tree."""
    return build_images()


@pytest.fixture(scope="session")
def installed(cluster: Cluster, images: Images) -> Images:
    """The operator of this tree, installed from deploy/."""
    install(cluster, images)
    return images


@pytest.fixture(scope="session")
def kube(cluster: Cluster) -> Kube:
    """The tests' cluster as its administrator."""
    return Kube(cluster)
