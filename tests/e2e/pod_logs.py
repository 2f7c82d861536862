"""Keeps the logs of pods that come and go: with a pod its log would be gone as well."""

import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from subprocess import Popen

from billing_dev.clients.kube import Kube


class PodLogs:
    """The whole log of each pod that a selector finds, from its first line to its last."""

    def __init__(self, kube: Kube, namespace: str, folder: Path) -> None:
        self._kube = kube
        self._in = ("-n", namespace)
        self._folder = folder
        self._readers = ExitStack()

    def so_far(self) -> dict[str, str]:
        """What each pod, by its name, has written in whole lines."""
        files = sorted(self._folder.glob("*.log"))
        return {file.stem: file.read_text().rpartition("\n")[0] for file in files}

    @contextmanager
    def followed(self, selector: str) -> Iterator["PodLogs"]:
        """Reads along as long as the block lasts, with every pod that runs or begins to."""
        columns = "--output=custom-columns=NAME:.metadata.name,PHASE:.status.phase"
        pods = ("get", "pods", "--selector", selector, "--watch", "--no-headers", columns)
        with self._readers, self._kube.started(*self._in, *pods) as watch:
            attaching = threading.Thread(target=self._attach_to_all, args=[watch], daemon=True)
            attaching.start()
            try:
                yield self
            finally:
                watch.terminate()
                attaching.join()

    def _attach_to_all(self, watch: "Popen[str]") -> None:
        attached = set()
        for line in watch.stdout or ():
            pod, phase = line.split()
            if phase == "Running" and pod not in attached:
                attached.add(pod)
                self._attach(pod)

    def _attach(self, pod: str) -> None:
        output = self._readers.enter_context((self._folder / f"{pod}.log").open("w"))
        follow = self._kube.started(*self._in, "logs", "--follow", pod, output=output)
        self._readers.enter_context(follow)
