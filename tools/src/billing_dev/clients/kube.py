"""A cluster through kubectl: what a user would type, as functions."""

import json
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

from billing_dev.cluster.paths import Cluster

Manifest = dict[str, Any]


class KubectlError(Exception):
    """kubectl refused; the message is what it said."""


class Kubectl:
    """A cluster through some kubectl and the options that lead there."""

    def __init__(self, *command: str) -> None:
        self._command = command

    def __call__(self, *arguments: str, stdin: str | None = None, within: float = 120.0) -> str:
        """Runs kubectl and returns what it prints."""
        done = subprocess.run(
            [*self._command, *arguments],
            input=stdin,
            capture_output=True,
            text=True,
            timeout=within,
            check=False,
        )
        if done.returncode:
            raise KubectlError(f"kubectl {' '.join(arguments)}: {done.stderr.strip()}")
        return done.stdout

    @contextmanager
    def started(
        self, *arguments: str, output: IO[str] | None = None
    ) -> Iterator["subprocess.Popen[str]"]:
        """A kubectl that goes on, such as logs --follow; ended with the block.

        Args:
            output: where it prints to; None for a pipe that the caller reads.
        """
        command = [*self._command, *arguments]
        target = subprocess.PIPE if output is None else output
        with subprocess.Popen(command, stdout=target, text=True) as process:
            try:
                yield process
            finally:
                process.terminate()

    def apply(self, *manifests: Manifest) -> None:
        """kubectl apply of manifests."""
        body = {"apiVersion": "v1", "kind": "List", "items": list(manifests)}
        self("apply", "-f", "-", stdin=json.dumps(body))

    def get(self, kind: str, name: str, namespace: str) -> Manifest | None:
        """One object, or None where there is none."""
        text = self("get", kind, name, "-n", namespace, "-o", "json", "--ignore-not-found")
        return json.loads(text) if text else None

    def must_get(self, kind: str, name: str, namespace: str) -> Manifest:
        """One object that has to be there."""
        live: Manifest = json.loads(self("get", kind, name, "-n", namespace, "-o", "json"))
        return live

    def list(self, kinds: str, namespace: str, selector: str = "") -> list[Manifest]:
        """All objects of one kind, or of several that are joined by commas."""
        text = self("get", kinds, "-n", namespace, "-l", selector, "-o", "json")
        items: list[Manifest] = json.loads(text)["items"]
        return items

    def patch(self, kind: str, name: str, namespace: str, change: Manifest) -> None:
        """A merge patch, as kubectl patch or kubectl edit would make it."""
        body = json.dumps(change)
        self("patch", kind, name, "-n", namespace, "--type=merge", "-p", body)

    def delete(self, kind: str, name: str, namespace: str, *options: str) -> None:
        """kubectl delete; what is not there is no error."""
        self("delete", kind, name, "-n", namespace, "--ignore-not-found", *options)

    def raw(self, path: str) -> str:
        """A GET through the API server, for example of a pod's own HTTP port by its proxy."""
        return self("get", "--raw", path)


class Kube(Kubectl):
    """One cluster, as its administrator or (with another kubeconfig) as somebody else."""

    def __init__(self, cluster: Cluster, kubeconfig: Path | None = None) -> None:
        # People use the file, too, and may have made it lead elsewhere by now.
        leads = [f"--kubeconfig={cluster.kubeconfig}", f"--context={cluster.context}"]
        super().__init__(
            str(cluster.kubectl),
            *([f"--kubeconfig={kubeconfig}"] if kubeconfig else leads),
            # Not the user's own, which remembers for hours what another cluster at this port had.
            f"--cache-dir={cluster.discovery_cache}",
        )
