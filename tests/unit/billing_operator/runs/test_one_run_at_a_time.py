"""Whatever happens in whatever order, no pay call begins while another may still charge.

A small world of Jobs, pods and an Antaeus that goes on with a batch when its caller has gone; the
operator may end between any two of its steps. hypothesis chooses what happens.
"""

from dataclasses import dataclass, field
from datetime import timedelta

from hypothesis import given, settings
from hypothesis import strategies as some

from billing_operator.kinds import Manifest
from billing_operator.runs.activity import Activity
from billing_operator.runs.admission import billing, to_begin, to_skip
from billing_operator.runs.jobs import runs_of
from billing_operator.runs.records import AdmissionContext, ObservedRuns
from billing_operator.runs.report import RunReport
from billing_operator.status.conditions import pruned
from support.operator.admission_context import NOW, QUIET
from support.operator.builders import a_reading, a_stack, an_instance
from support.operator.run_manifests import CRON_UID, a_job, a_run_pod

HAPPENINGS = (
    # What a run takes happens more often than what disturbs it.
    *("make", "pass", "pass", "pass", "pay", "pay", "pay"),
    *("make", "pass", "status only", "pay", "answer", "break off", "lose answer"),
    *("delete job", "delete pod", "suspend job", "restart antaeus", "acknowledge reset"),
    *("look away", "wait"),
)
# From here on it can go wrong.
BEGINNING = ("make", "make", "pass", "pay")


@dataclass
class Shop:
    """One stack. A batch is named by the instance of Antaeus with which it was started."""

    jobs: dict[str, Manifest] = field(default_factory=dict)
    pods: dict[str, Manifest] = field(default_factory=dict)
    status: Manifest = field(default_factory=dict)
    batches: list[str] = field(default_factory=list)
    calls: int = 0
    starts: int = 1
    reset: bool = False
    made: int = 0
    seconds: float = 0.0
    moved: float = 0.0

    @property
    def antaeus(self) -> str:
        return f"antaeus-{self.starts}"

    def happens(self, what: str) -> None:
        self.seconds += 1
        getattr(self, f"_{what.replace(' ', '_')}")()

    def _make(self) -> None:
        self.made += 1
        name = f"run-{self.made}"
        self.jobs[name] = a_job(name, made=(NOW + timedelta(seconds=self.seconds)).isoformat())

    def _observed_runs(self) -> ObservedRuns:
        if self.antaeus in self.batches:
            self.moved = self.seconds
        # No charge takes so long that anybody sees it under way.
        min_interval = Activity(
            charging=False, unchanged_seconds=self.seconds - self.moved, unknown_because=""
        )
        return ObservedRuns(
            runs_of(self.jobs.values(), self.pods.values(), CRON_UID), min_interval, QUIET
        )

    def _status_only(self) -> None:
        """A pass whose operator ends before it touches a Job."""
        reading = a_reading(0, 8, self.antaeus)
        context = AdmissionContext(
            reading,
            an_instance(self.antaeus),
            unready="",
            reset=self.reset,
            rotating=False,
            now=NOW + timedelta(seconds=self.seconds),
        )
        stack = a_stack(status={"billing": self.status, "invoices": {"paid": 0}})
        self.status = pruned(billing(stack, self._observed_runs(), context))

    def _pass(self) -> None:
        self._status_only()
        self._move()

    def _move(self) -> None:
        runs = self._observed_runs().runs
        if run := to_skip(self.status, runs):
            self.jobs.pop(run.name)
        if run := to_begin(self.status, runs):
            job = self.jobs[run.name]
            job["spec"]["suspend"] = False
            job["metadata"]["generation"] += 1
            self.pods[run.name] = a_run_pod(run.name, running={}) | {"instance": self.antaeus}

    def _at_work(self) -> list[str]:
        return [name for name, pod in self.pods.items() if "terminated" not in _state(pod)]

    def _pay(self) -> None:
        """A pod that has not done so calls pay: this is what must never happen twice at a time."""
        for name in self._at_work():
            if self.pods[name].get("called"):
                continue
            # By the invoices that it reads, in truth (test_pay_run has it).
            if self.pods[name]["instance"] != self.antaeus:
                self._finish(name, RunReport(explanation="Antaeus has started anew"))
            else:
                assert self.antaeus not in self.batches, "two pay calls at a time"
                assert not self.reset, "charged again what was forgotten"
                self.pods[name]["called"] = self.antaeus
                self.batches.append(self.antaeus)
                self.calls += 1

    def _answer(self) -> None:
        self._end(RunReport(True, 200, False, 0, 8, 0, 8))  # noqa: FBT003 - in the order of its fields

    def _break_off(self) -> None:
        self._end(RunReport(True, 500, None, 0, 8, 0, 8))  # noqa: FBT003 - in the order of its fields

    def _end(self, report: RunReport) -> None:
        for name in self._at_work():
            if self.pods[name].get("called") == self.antaeus:
                self.batches.remove(self.antaeus)
                self._finish(name, report)

    def _lose_answer(self) -> None:
        for name in self._at_work():
            if self.pods[name].get("called"):
                self._finish(name, RunReport(sent=True, explanation="no answer"))

    def _finish(self, name: str, report: RunReport) -> None:
        self.pods[name] = a_run_pod(name, report=report)
        if name in self.jobs:
            generation = self.jobs[name]["metadata"]["generation"]
            self.jobs[name] = a_job(name, ended="Failed", generation=generation)

    def _delete_job(self) -> None:
        if self.jobs:
            name = next(iter(self.jobs))
            del self.jobs[name]
            self.pods.pop(name, None)

    def _delete_pod(self) -> None:
        for name in self._at_work()[:1]:
            del self.pods[name]
            self.jobs[name] = a_job(name, ended="Failed")

    def _suspend_job(self) -> None:
        for name in self._at_work()[:1]:
            del self.pods[name]
            self.jobs[name]["spec"]["suspend"] = True
            self.jobs[name]["metadata"]["generation"] += 1

    def _restart_antaeus(self) -> None:
        # Told by status.invoices in truth, by the same records (test_invoices has it).
        self.reset = self.reset or bool(
            {"running", "unresolvedRun", "unmanagedRun"} & self.status.keys() or self.calls
        )
        self._lose_answer()
        self.batches = [each for each in self.batches if each != self.antaeus]
        self.starts += 1

    def _acknowledge_reset(self) -> None:
        self.reset = False

    def _look_away(self) -> None:
        """A batch that nobody waits for comes to its end."""
        waited_for = {self.pods[name].get("called") for name in self._at_work()}
        self.batches = [each for each in self.batches if each in waited_for]

    def _wait(self) -> None:
        """Longer than any batch stands still."""
        self._observed_runs()
        if self.antaeus not in self.batches:
            self.seconds += QUIET


def _state(pod: Manifest) -> Manifest:
    state: Manifest = pod["status"]["containerStatuses"][0]["state"]
    return state


@settings(max_examples=300, deadline=None, derandomize=True)
@given(some.lists(some.sampled_from(HAPPENINGS), min_size=20, max_size=60))
def test_no_sequence_of_events_begins_a_call_beside_another(events: list[str]) -> None:
    shop = Shop()
    for what in (*BEGINNING, *events):
        shop.happens(what)


def test_the_world_is_one_in_which_runs_take_place() -> None:
    shop = Shop()
    for what in ("make", "make", "pass", "pay", "pass", "answer", "pass", "pass", "pay", "answer"):
        shop.happens(what)

    assert shop.calls == 2
    assert shop.batches == []
