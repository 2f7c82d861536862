"""Where the commands of a page take place: the demo's stack, fresh and ready, and the clone."""

from collections.abc import Callable, Iterable
from contextlib import ExitStack, suppress
from pathlib import Path
from types import TracebackType
from typing import Self

from billing_dev.clients.kube import Kube, Manifest
from billing_dev.cluster.paths import Cluster
from billing_dev.demo.sample import STAND_IN
from billing_dev.demo.stack import ANTAEUS, KIND, NAME, NAMESPACE, DemoStack
from billing_dev.eventually import eventually
from billing_dev.installation import Images
from billing_dev.tree import ROOT
from billing_operator.names import ACKNOWLEDGE_RESET
from support.cluster.limits import GONE, ROLLOUT

_ANTAEUS_PODS = f"billing.antaeus.io/part=antaeus,billing.antaeus.io/stack={NAME}"

# Of what pages make. Those of other namespaces go with them.
_KINDS = (
    "namespaces,clusterroles,clusterrolebindings,validatingadmissionpolicies,"
    "validatingadmissionpolicybindings,rolebindings,secrets,configmaps,jobs,ingresses,"
    "networkpolicies,poddisruptionbudgets,horizontalpodautoscalers"
)


class Scene:
    """The stack `payments/demo`, and what a page makes beside it."""

    def __init__(self, cluster: Cluster, images: Images) -> None:
        self._kube = Kube(cluster)
        self._stack = DemoStack(cluster, images, STAND_IN)
        self._clean = ExitStack()

    def __enter__(self) -> Self:
        self._stack.put_in_place()
        self._settle()
        self._objects = self._listed()
        self._clean.callback(lambda: self._delete(self._listed() - self._objects))
        files = set(ROOT.iterdir())
        self._clean.callback(lambda: _remove(set(ROOT.iterdir()) - files))
        return self

    def __exit__(
        self, _type: type[BaseException] | None, _error: object, _trace: TracebackType | None
    ) -> None:
        self._clean.close()

    def spec(self) -> Manifest:
        """What the stack is to be, as the API server has it."""
        spec: Manifest = self._read()["spec"]
        return spec

    def left(self) -> set[str]:
        """What a page has made in the stack's namespace, or around it, and not taken back."""
        with suppress(AssertionError):
            eventually(lambda: not self._listed() - self._objects, within=GONE, every=0.5)
        return self._listed() - self._objects

    def lose_payments(self) -> None:
        """Has Antaeus forget what it was paid, and the stack say so."""
        self._stack.bill()
        self._until(lambda status: status["invoices"]["paid"], within=ROLLOUT)
        self._kube("-n", NAMESPACE, "rollout", "restart", ANTAEUS)
        self._until(lambda status: _condition(status, "InvoicesReset") == "True", within=ROLLOUT)
        self._wait_for_condition("Ready")

    def _settle(self) -> None:
        """Waits until the stack has read this Antaeus' invoices, and none are forgotten."""
        self._until(self._knows_antaeus, within=ROLLOUT)
        if _condition(self._read()["status"], "InvoicesReset") == "True":
            time = self._read()["status"]["invoices"]["reset"]["time"]
            mark = f"{ACKNOWLEDGE_RESET}={time}"
            self._kube("-n", NAMESPACE, "annotate", "--overwrite", KIND, NAME, mark)
        self._until(lambda status: _condition(status, "InvoicesReset") == "False", within=ROLLOUT)
        self._wait_for_condition("Ready")

    def _knows_antaeus(self, status: Manifest) -> bool:
        pods = self._kube.list("pods", NAMESPACE, _ANTAEUS_PODS)
        known = status.get("invoices", {}).get("antaeusInstance") or {}
        return [pod["metadata"]["uid"] for pod in pods] == [known.get("podUID")]

    def _wait_for_condition(self, name: str) -> None:
        wait = ("wait", f"{KIND}/{NAME}", f"--for=condition={name}", f"--timeout={ROLLOUT:.0f}s")
        self._kube("-n", NAMESPACE, *wait, within=ROLLOUT + 10)

    def _until(self, holds: Callable[[Manifest], object], *, within: float) -> None:
        eventually(lambda: self._read().get("status", {}), holds, within=within, every=0.5)

    def _read(self) -> Manifest:
        return self._kube.must_get(KIND, NAME, NAMESPACE)

    def _listed(self) -> set[str]:
        return set(self._kube("get", _KINDS, "-n", NAMESPACE, "-o", "name").split())

    def _delete(self, names: Iterable[str]) -> None:
        if names:
            time_out = f"--timeout={GONE:.0f}s"
            self._kube("delete", *sorted(names), "-n", NAMESPACE, "--ignore-not-found", time_out)


def _condition(status: Manifest, name: str) -> str:
    found = {each["type"]: each["status"] for each in status.get("conditions", [])}
    return str(found.get(name, "Unknown"))


def _remove(made: Iterable[Path]) -> None:
    """Removes what a page has written into the clone and its reader may want to keep."""
    for path in made:
        if path.is_file():
            path.unlink()
