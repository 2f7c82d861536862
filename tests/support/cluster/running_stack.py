"""A BillingStack on the tests' cluster, seen and changed as its user would."""

import re
import uuid
from typing import Any

from billing_dev.clients.kube import Kube, KubectlError, Manifest
from billing_dev.eventually import eventually
from billing_operator.names import ROTATE_TOKEN
from support.cluster import limits
from support.cluster.prober import Prober


class RunningStack:
    """One stack; what it is told is in effect when the call returns."""

    def __init__(self, kube: Kube, namespace: str, name: str) -> None:
        self.kube = kube
        self.namespace = namespace
        self.name = name

    def make(self, spec: Manifest) -> None:
        """Creates it and waits until it is ready."""
        manifest = {
            "apiVersion": "billing.antaeus.io/v1beta1",
            "kind": "BillingStack",
            "metadata": {"name": self.name, "namespace": self.namespace},
            "spec": spec,
        }
        self.kube.apply(manifest)
        self.until_ready()

    def change(self, **parts: Any) -> None:
        """Changes parts of its spec and waits until it is ready again."""
        self.kube.patch("billingstack", self.name, self.namespace, {"spec": parts})
        self.until_ready()

    def ask_for_another_token(self) -> str:
        """Has its token rotated, and returns the value by which that was asked for."""
        value = uuid.uuid4().hex
        asked = f"{ROTATE_TOKEN}={value}"
        self.kube("-n", self.namespace, "annotate", "--overwrite", "bst", self.name, asked)
        return value

    def until_rotated(self, value: str) -> None:
        """Waits until the token that was asked for is the only one."""

        def rotated(token: Manifest) -> bool:
            return token.get("lastHandledRotate") == value and "rotation" not in token

        eventually(
            lambda: self.read()["status"]["token"], rotated, within=limits.ROLLOUT, every=0.5
        )
        self.until_ready()

    def until_ready(self) -> Manifest:
        """Waits until the stack says that what its spec says now is so; returns the object."""
        wait = ("wait", f"billingstack/{self.name}", "--for=condition=Ready")
        time_out = f"--timeout={limits.ROLLOUT:.0f}s"
        try:
            self.kube("-n", self.namespace, *wait, time_out, within=limits.ROLLOUT + 10)
        except KubectlError as error:
            conditions = self.read().get("status", {}).get("conditions")
            raise AssertionError(f"{error}; its conditions are {conditions}") from error
        return self.read()

    def until_charges_pass(self) -> None:
        """Waits until Antaeus reaches payment.

        A node learns the way to a Service's first pod a moment after that pod is ready.
        """
        antaeus = Prober(self.kube, self.namespace, self.pod("antaeus")["metadata"]["name"])
        url = f"{self.read()['status']['endpoints']['payment']}/health"
        eventually(
            lambda: antaeus.ask(url),
            lambda answer: answer.startswith("200 "),
            within=limits.NOTICED,
            every=0.5,
        )

    def read(self) -> Manifest:
        """The object as it is now."""
        return self.kube.must_get("billingstack", self.name, self.namespace)

    def columns(self) -> dict[str, str]:
        """What `kubectl get` shows of it, by column; one may be empty."""
        shown = self.kube("get", "billingstack", self.name, "-n", self.namespace)
        header, row = shown.splitlines()
        begins = [(found[0], found.start()) for found in re.finditer(r"\S+", header)]
        ends = [start for _, start in begins[1:]] + [None]
        return {
            name: row[start:end].strip() for (name, start), end in zip(begins, ends, strict=True)
        }

    def pods(self, part: str, *, leaving: bool = False) -> list[Manifest]:
        """The pods of one part; those on their way out only if asked for."""
        found = self.kube.list("pods", self.namespace, self.selector(part))
        return [pod for pod in found if leaving or "deletionTimestamp" not in pod["metadata"]]

    def pod(self, part: str) -> Manifest:
        """The one pod of a part."""
        [pod] = self.pods(part)
        return pod

    def log(self, part: str) -> str:
        """What the one pod of a part has written since it started."""
        return self.kube("-n", self.namespace, "logs", self.pod(part)["metadata"]["name"])

    def selector(self, part: str) -> str:
        """Finds the pods of a part."""
        return f"billing.antaeus.io/stack={self.name},billing.antaeus.io/part={part}"
