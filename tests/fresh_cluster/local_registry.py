"""An image registry on this machine: docker pushes to it, and a cluster's node pulls from it."""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPException
from pathlib import Path
from urllib.error import URLError
from urllib.request import ProxyHandler, Request, build_opener

from billing_dev.cluster.docker import docker
from billing_dev.cluster.kind_config import MIRRORS_IN_NODE
from billing_dev.cluster.paths import Cluster
from billing_dev.cluster.programs import registry
from billing_dev.eventually import eventually
from billing_dev.ports import free_port
from support.cluster.limits import NOTICED

# It is on this machine, where no proxy leads.
_DIRECTLY = build_opener(ProxyHandler({}))
_MANIFESTS = "application/vnd.docker.distribution.manifest.v2+json"
_OCI_MANIFESTS = "application/vnd.oci.image.manifest.v1+json"
_GATEWAY = "{{range .NetworkSettings.Networks}}{{.Gateway}}{{end}}"
_WRITE = 'mkdir -p "$0" && printf %s "$1" >"$0/hosts.toml"'


@dataclass(frozen=True, slots=True)
class LocalRegistry:
    """One registry; on loopback, where an engine pushes without certificates."""

    address: str
    folder: Path

    def digest(self, repository: str, tag: str) -> str:
        """The digest that a tag stands for."""
        url = f"http://{self.address}/v2/{repository}/manifests/{tag}"
        accepted = {"Accept": f"{_MANIFESTS}, {_OCI_MANIFESTS}"}
        with _DIRECTLY.open(
            Request(url, method="HEAD", headers=accepted), timeout=NOTICED
        ) as answer:
            return str(answer.headers["Docker-Content-Digest"])

    @contextmanager
    def serving(self, cluster: Cluster) -> Iterator[None]:
        """Lets the node of a cluster pull from it, by the name that the images have."""
        # Loopback is the node's own there; this is how this machine is called on its network.
        gateway = docker("inspect", "--format", _GATEWAY, cluster.node)
        address = f"{gateway}:{self.address.partition(':')[2]}"
        hosts = f'[host."http://{address}"]\n  capabilities = ["pull", "resolve"]\n'
        script = ("sh", "-c", _WRITE, f"{MIRRORS_IN_NODE}/{self.address}", hosts)
        docker("exec", cluster.node, *script)
        with _process(self.folder, address):
            yield


@contextmanager
def local_registry(folder: Path) -> Iterator[LocalRegistry]:
    """Runs a registry that keeps its images in a folder."""
    made = LocalRegistry(f"127.0.0.1:{free_port()}", folder)
    with _process(folder, made.address):
        yield made


@contextmanager
def _process(folder: Path, address: str) -> Iterator[None]:
    command = [str(registry()), str(folder / "images"), address]
    with (folder / "log").open("a") as log, subprocess.Popen(command, stderr=log) as process:
        try:
            eventually(lambda: _answers(address), within=NOTICED)
            yield
        finally:
            process.terminate()


def _answers(address: str) -> bool:
    try:
        with _DIRECTLY.open(f"http://{address}/v2/", timeout=NOTICED) as answer:
            return bool(answer.status == 200)
    except (URLError, HTTPException, ConnectionError, TimeoutError):
        return False
