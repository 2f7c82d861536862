"""Stands in for kubectl: answers by what it is asked, and takes down what it was."""

import json
from typing import Any

from billing_dev.clients.kube import Kubectl, KubectlError, Manifest


class FakeKubectl(Kubectl):
    """A cluster in which every dry run comes out as asked for, unless it is told otherwise."""

    def __init__(self, answers: dict[str, Any] | None = None) -> None:
        super().__init__("kubectl")
        self.answers = answers or {}
        self.refused: dict[str, str] = {}
        self.forbidden: tuple[str, ...] = ()
        self.tried: list[Manifest] = []

    def __call__(self, *arguments: str, stdin: str | None = None, within: float = 120.0) -> str:  # noqa: ARG002 - the real one's
        words = " ".join(arguments)
        if "--dry-run=server" in arguments and stdin:
            return self._dry_run(json.loads(stdin))
        if words.startswith(self.forbidden or "-"):
            raise KubectlError(f"kubectl {words}: Forbidden")
        for beginning, answer in self.answers.items():
            if words.startswith(beginning):
                return answer if isinstance(answer, str) else json.dumps(answer)
        return ""

    def _dry_run(self, manifest: Manifest) -> str:
        self.tried.append(manifest)
        if manifest["metadata"]["name"] in self.refused:
            raise KubectlError(f"kubectl apply: {self.refused[manifest['metadata']['name']]}")
        return json.dumps(manifest)
