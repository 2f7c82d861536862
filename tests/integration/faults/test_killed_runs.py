"""Billing runs while things are killed at random: each charge is in the books, or named.

Counted by an observer of its own, the lines of payment's log, which are followed from the first to
the last of each container, whatever becomes of it.
"""

import os
import random
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from decimal import Decimal
from pathlib import Path

import pytest

from billing_dev.clients.kube import KubectlError
from billing_dev.eventually import eventually
from billing_operator.apps.sums import OTHER
from billing_operator.kinds import Manifest
from billing_operator.names import ANTAEUS, BILLING, PAYMENT, selector_text
from measurements import Measurements
from support.cluster.billing_runs import make_run_at_once, of_billing
from support.cluster.charges import lines
from support.cluster.shared_store import shared_store
from support.cluster.workspace import Workspace, conditions

pytestmark = pytest.mark.timeout(0)

# These take two minutes in all; make test-kills says how many are wanted.
_RUNS = int(os.environ.get("RUNS", "5"))
_QUIET = 4.0
_INVOICES = 300
_SPEC: Manifest = {
    "antaeus": {"env": [{"name": "ANTAEUS_INVOICES", "value": str(_INVOICES)}]},
    # A batch of some three seconds, after which most is still pending.
    "payment": {"successRate": 0.1, "latency": {"fixed": {"seconds": 0.01}}},
}
_LOST_REPLY = {"name": "lost", "fault": {"charged": True, "connection": {"reply": "Empty"}}}
_MOST_SECONDS = 240.0
_KILLS = ("nothing", ANTAEUS, PAYMENT, BILLING, "operator", "lost reply")
# Never set: a wait for it is a moment that is left to chance.
_MOMENTS = threading.Event()
Sum = tuple[int, Decimal]


class Observer:
    """Adds up what payment's log says that it accepted, by currency."""

    def __init__(self, workspace: Workspace, folder: Path) -> None:
        self._workspace = workspace
        self._folder = folder
        self._stack = ExitStack()
        self._followed: set[str] = set()
        self._ends = threading.Event()
        self._thread = threading.Thread(target=self._look)

    @contextmanager
    def looking(self) -> Iterator[None]:
        """Follows each container of payment that comes meanwhile."""
        self._thread.start()
        try:
            yield
        finally:
            self._ends.set()
            self._thread.join()
            self._stack.close()

    def accepted(self) -> dict[str, Sum]:
        """So many charges and so much, up to now."""
        sums: dict[str, Sum] = {}
        for file in self._folder.glob("*.log"):
            # The last line may be on its way.
            whole = file.read_text().rpartition("\n")[0]
            for line in lines(whole, "charge"):
                if line["outcome"] == "accepted":
                    count, amount = sums.get(line["currency"], (0, Decimal(0)))
                    sums[line["currency"]] = count + 1, amount + Decimal(str(line["value"]))
        return sums

    def _look(self) -> None:
        namespace, part = self._workspace.namespace, selector_text("shop", PAYMENT)
        columns = "jsonpath={range .items[*]}{.metadata.name} {.status.phase}{'\\n'}{end}"
        while not self._ends.wait(0.3):
            with suppress(KubectlError):
                told = self._workspace.kube(
                    "-n", namespace, "get", "pods", "-l", part, "-o", columns
                )
                for name, _, phase in (line.partition(" ") for line in told.splitlines()):
                    if phase == "Running" and name not in self._followed:
                        self._follow(name)

    def _follow(self, pod: str) -> None:
        self._followed.add(pod)
        output = self._stack.enter_context((self._folder / f"{pod}.log").open("w"))
        command = ("-n", self._workspace.namespace, "logs", "--follow", pod)
        self._stack.enter_context(self._workspace.kube.started(*command, output=output))


def _kill(workspace: Workspace, what: str, operators: ExitStack) -> None:
    if what in (ANTAEUS, PAYMENT, BILLING):
        pods = workspace.pods("shop", what)
        grace = random.choice(("--grace-period=1", "--grace-period=30"))
        for pod in pods[:1]:
            name = pod["metadata"]["name"]
            with suppress(KubectlError):
                workspace.kube.delete("pod", name, workspace.namespace, "--wait=false", grace)
    if what == "lost reply":
        workspace.change("shop", payment={"faults": [_LOST_REPLY]})
        _MOMENTS.wait(random.uniform(0.2, 1.0))
        workspace.change("shop", payment={"faults": None})
    if what == "operator":
        operators.close()
        operators.enter_context(workspace.operator(quiet_seconds=_QUIET))


def _acknowledge(workspace: Workspace, stack: Manifest) -> None:
    """Does as a person who deals with what was forgotten, and then what the stack says."""
    reset = conditions(stack).get("InvoicesReset", {})
    if reset.get("status") == "True":
        with suppress(KubectlError):
            workspace.kube(*reset["message"].partition("kubectl ")[2].split())


def _until_allowed(workspace: Workspace) -> None:
    def allowed(stack: Manifest) -> bool:
        _acknowledge(workspace, stack)
        return conditions(stack).get("BillingAllowed", {}).get("status") == "True"

    workspace.until("shop", allowed, within=_MOST_SECONDS)


def _until_books(workspace: Workspace, name: str) -> Manifest:
    """Of a run that has ended, however it did; one that was let begin may wait for a person."""

    def complete(stack: Manifest) -> bool:
        _acknowledge(workspace, stack)
        last = of_billing(stack).get("lastRun") or {}
        known = "booksBefore" not in last
        return last.get("job") == name and known and "unresolvedRun" not in of_billing(stack)

    found: Manifest = of_billing(workspace.until("shop", complete, within=_MOST_SECONDS))["lastRun"]
    return found


def _booked(books: Manifest) -> dict[str, Sum]:
    return {row["currency"]: (row["count"], Decimal(row["amount"])) for row in books["booked"]}


def _minus(one: dict[str, Sum], other: dict[str, Sum]) -> dict[str, Sum]:
    none = 0, Decimal(0)
    both = {
        name: (each[0] - other.get(name, none)[0], each[1] - other.get(name, none)[1])
        for name, each in one.items()
    }
    return {name: each for name, each in both.items() if each[0]}


@pytest.mark.parametrize("replicas", [1, 3], ids=["one pod", "three pods with a store"])
def test_every_charge_is_in_the_books_of_its_run_or_named(
    workspace: Workspace, tmp_path: Path, measurements: Measurements, replicas: int
) -> None:
    seed = random.SystemRandom().getrandbits(32)
    random.seed(seed)
    observer, causes, kills = Observer(workspace, tmp_path), Counter[str](), Counter[str]()
    spec = {**_SPEC, "payment": {**_SPEC["payment"], "replicas": replicas}}
    with ExitStack() as scene, observer.looking():
        if replicas > 1:
            folder = tmp_path / "store"
            folder.mkdir()
            spec["payment"]["store"] = scene.enter_context(shared_store(workspace, folder))
        operators = scene.enter_context(ExitStack())
        operators.enter_context(workspace.operator(quiet_seconds=_QUIET))
        workspace.apply("shop", spec)
        for number in range(_RUNS):
            _until_allowed(workspace)
            name, before = f"run-{number}", observer.accepted()
            make_run_at_once(workspace, name)
            what = random.choice(_KILLS)
            _MOMENTS.wait(random.uniform(0.0, 6.0))
            _kill(workspace, what, operators)
            kills[what] += 1
            last = _until_books(workspace, name)
            _judge(last, before, observer, causes, f"seed {seed}, {name}, {what}")
    for cause, times in causes.items():
        measurements.note(f"killed runs, {replicas} replicas: {cause}", times, "times")
    for what, times in kills.items():
        measurements.note(f"killed runs, {replicas} replicas: killed {what}", times, "times")
    assert causes["unknown"] <= max(1, 0.05 * _RUNS), (seed, causes, kills)


def _judge(
    last: Manifest, before: dict[str, Sum], observer: Observer, causes: "Counter[str]", case: str
) -> None:
    """Holds the books of a run against what payment's log says."""
    if last["outcome"] == "NotSent":
        eventually(lambda: _minus(observer.accepted(), before) == {}, within=10.0)
        causes["not sent"] += 1
        return
    books = last.get("books") or {"unknownBecause": "payment did not tell before the run"}
    if why := books.get("unknownBecause"):
        causes["unknown"] += 1
        causes[f"unknown because {why}"] += 1
        return
    booked = _booked(books)
    assert OTHER not in booked, case
    with suppress(AssertionError):
        eventually(
            lambda: _minus(observer.accepted(), before), lambda seen: seen == booked, within=10.0
        )
    assert _minus(observer.accepted(), before) == booked, case
    if books["difference"]:
        # A reply that was lost: Antaeus posts again, and one invoice is charged twice.
        assert all(row["count"] > 0 for row in books["difference"]), (case, books)
        causes["a difference that is named"] += 1
    elif books["forgotten"]:
        causes["forgotten by a restart"] += 1
    else:
        causes["right"] += 1
