"""An image registry on this machine: docker pushes to it, and a cluster's node pulls from it."""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPException
from pathlib import Path
from urllib.error import URLError
from urllib.request import Request, urlopen

from cluster.docker import docker
from cluster.kind_config import MIRRORS_IN_NODE
from cluster.paths import Cluster
from cluster.programs import registry
from support.eventually import eventually
from support.in_process import free_port
from support.limits import NOTICED

_MANIFESTS = "application/vnd.docker.distribution.manifest.v2+json"
_OCI_MANIFESTS = "application/vnd.oci.image.manifest.v1+json"
_GATEWAY = "{{range .NetworkSettings.Networks}}{{.Gateway}}{{end}}"
_WRITE = 'mkdir -p "$0" && printf %s "$1" >"$0/hosts.toml"'


@dataclass(frozen=True, slots=True)
class LocalRegistry:
    """One registry; on loopback, where an engine pushes without certificates."""

    address: str

    def digest(self, repository: str, tag: str) -> str:
        """The digest that a tag stands for."""
        url = f"http://{self.address}/v2/{repository}/manifests/{tag}"
        accepted = {"Accept": f"{_MANIFESTS}, {_OCI_MANIFESTS}"}
        with urlopen(Request(url, method="HEAD", headers=accepted), timeout=NOTICED) as answer:
            return str(answer.headers["Docker-Content-Digest"])

    def answers(self) -> bool:
        """Whether it is up."""
        try:
            with urlopen(f"http://{self.address}/v2/", timeout=NOTICED) as answer:
                return bool(answer.status == 200)
        except (URLError, HTTPException, ConnectionError, TimeoutError):
            return False


@contextmanager
def local_registry(cluster: Cluster, folder: Path) -> Iterator[LocalRegistry]:
    """Runs a registry that keeps its images in a folder, and tells the cluster's node of it."""
    port = free_port()
    made = LocalRegistry(f"127.0.0.1:{port}")
    # Loopback is the node's own there; this is how this machine is called on the node's network.
    for_node = f"{docker('inspect', '--format', _GATEWAY, cluster.node)}:{port}"
    _tell_node(cluster, made.address, for_node)
    command = [str(registry()), str(folder / "images"), made.address, for_node]
    with (folder / "log").open("w") as log, subprocess.Popen(command, stderr=log) as process:
        try:
            eventually(made.answers, within=NOTICED)
            yield made
        finally:
            process.terminate()


def _tell_node(cluster: Cluster, address: str, for_node: str) -> None:
    hosts = f'[host."http://{for_node}"]\n  capabilities = ["pull", "resolve"]\n'
    script = ("sh", "-c", _WRITE, f"{MIRRORS_IN_NODE}/{address}", hosts)
    docker("exec", cluster.node, *script)
