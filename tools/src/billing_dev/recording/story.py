"""What the recording tells: a stack is made, bills, loses its payments, and refuses to bill twice.

Every command is really run, and every line really printed. Only what happens between two commands
without being shown is waiting.
"""

import re
from pathlib import Path

from billing_dev.clients.kube import Kube, Manifest
from billing_dev.cluster.errors import give_up
from billing_dev.crd import crd
from billing_dev.eventually import eventually
from billing_dev.recording.session import Session

NAMESPACE = "ten-seconds"
NAME = "shop"
KIND = "billingstack"
TITLE = "A billing stack that does not charge twice"
_WATCH = "kubectl get bst -w"
_READY_SECONDS = 180.0
_BILLED_SECONDS = 120.0


def manifest() -> str:
    """The stack, as short as one can be."""
    versions = crd()["spec"]["versions"]
    served = next(version["name"] for version in versions if version["storage"])
    return (
        f"apiVersion: {crd()['spec']['group']}/{served}\n"
        f"kind: {crd()['spec']['names']['kind']}\n"
        f"metadata: {{name: {NAME}}}\n"
        "spec: {}\n"
    )


class Story:
    """The commands, one after the other."""

    def __init__(self, session: Session, kube: Kube) -> None:
        self._session = session
        self._kube = kube

    def tell(self) -> None:
        """Types all of it; the stack must not be there before."""
        self._create()
        self._bill("first")
        self._lose_the_payments()
        self._acknowledge(self._refusal())
        self._session.watch(_WATCH, until=lambda: self._billed("second"), within=_BILLED_SECONDS)

    def _create(self) -> None:
        self._session.run("cat shop.yaml")
        self._session.run("kubectl apply -f shop.yaml")
        self._session.watch(_WATCH, until=self._ready, within=_READY_SECONDS)

    def _bill(self, job: str) -> None:
        self._session.run(f"kubectl create job {job} --from=cronjob/{NAME}-billing")
        self._session.watch(_WATCH, until=lambda: self._billed(job), within=_BILLED_SECONDS)

    def _lose_the_payments(self) -> None:
        self._session.run(f"kubectl delete pod -l {crd()['spec']['group']}/part=antaeus")
        self._session.run(f"kubectl create job second --from=cronjob/{NAME}-billing")
        eventually(self._waits_for, lambda reason: reason == "InvoicesReset", within=_READY_SECONDS)

    def _refusal(self) -> str:
        """Has the stack say why it does not bill."""
        output = self._session.run(f"kubectl events --for bst/{NAME} --types=Warning")
        self._session.mark("the stack refuses to bill")
        return output

    def _acknowledge(self, output: str) -> None:
        self._session.paste(printed_command(output))

    def _status(self) -> Manifest:
        status: Manifest = self._kube.must_get(KIND, NAME, NAMESPACE).get("status", {})
        return status

    def _ready(self) -> bool:
        status = self._status()
        ready = {"type": "Ready", "status": "True"}.items()
        conditions = status.get("conditions", [])
        return "invoices" in status and any(ready <= each.items() for each in conditions)

    def _billed(self, job: str) -> bool:
        last = self._status().get("billing", {}).get("lastRun", {})
        return bool(last.get("job") == job)

    def _waits_for(self) -> str:
        return str(self._status().get("billing", {}).get("waiting", {}).get("reason", ""))


def printed_command(text: str) -> str:
    """The command by which what was forgotten is acknowledged, as the stack printed it."""
    # The terminal gets whole lines; it is the screen that folds them.
    match = re.search(r"kubectl annotate --overwrite -n \S+ bst \S+ \S+=\S+", text)
    if match is None:
        give_up(f"No command that acknowledges was printed:\n{text}")
    return match[0]


def write_manifest(folder: Path) -> None:
    """Puts the stack's file where the session looks for it."""
    (folder / "shop.yaml").write_text(manifest())
