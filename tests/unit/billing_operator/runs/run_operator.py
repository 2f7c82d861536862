"""What the operator does in the small world of runs: it looks, judges, and moves Jobs and pods.

Pods, invoices and runs are seen each at a moment of their own.
"""

from dataclasses import dataclass, field
from datetime import timedelta

from billing_operator.apps.answers import Counts
from billing_operator.invoices.activity import Activity
from billing_operator.invoices.readings import Reading
from billing_operator.invoices.reset import invoices
from billing_operator.kinds import Manifest
from billing_operator.names import ACKNOWLEDGE_RESET, MAY_PAY
from billing_operator.observed.stack import AntaeusInstance, Observed, Pod, observe
from billing_operator.runs.admission import billing, to_begin, to_skip
from billing_operator.runs.jobs import runs_of, with_leave
from billing_operator.runs.leave import to_allow
from billing_operator.runs.records import AdmissionContext, ObservedRuns
from billing_operator.runs.report import RunReport
from billing_operator.status.conditions import pruned
from support.operator.admission_context import NOW, QUIET
from support.operator.builders import a_pod, a_stack
from support.operator.run_manifests import CRON_UID, a_run_pod


@dataclass
class OperatorSide:
    """One stack. A batch is named by the instance of Antaeus with which it was started.

    Attributes:
        charged: how many invoices each instance has charged for, which has none PAID at its start.
        forgotten: instances that have ended with such, as long as nobody was told and said so.
        ending: those whose pods end, and whose batches go on.
        reading, seen: what the operator knows of Antaeus, of whatever moment.
    """

    jobs: dict[str, Manifest] = field(default_factory=dict)
    pods: dict[str, Manifest] = field(default_factory=dict)
    status: Manifest = field(default_factory=dict)
    orphans: dict[str, Manifest] = field(default_factory=dict)
    batches: list[str] = field(default_factory=list)
    calls: int = 0
    starts: int = 1
    charged: dict[str, int] = field(default_factory=dict)
    forgotten: set[str] = field(default_factory=set)
    ending: set[str] = field(default_factory=set)
    reading: Reading | None = None
    seen: tuple[Pod, ...] = ()
    invoices: Manifest = field(default_factory=dict)
    acknowledged: str = ""
    silent: bool = False
    made: int = 0
    seconds: float = 0.0
    moved: float = 0.0

    @property
    def antaeus(self) -> str:
        return f"antaeus-{self.starts}"

    def _observed_runs(self) -> ObservedRuns:
        if self.batches:
            self.moved = self.seconds
        # No charge takes so long that anybody sees it under way.
        activity = Activity(
            charging=False,
            unchanged_seconds=self.seconds - self.moved,
            unknown_because="it is silent" if self.silent else "",
        )
        runs = runs_of(self.jobs.values(), self.pods.values(), CRON_UID)
        return ObservedRuns(runs, activity, QUIET, with_leave(self._all_pods()))

    def _all_pods(self) -> list[Manifest]:
        return [*self.pods.values(), *self.orphans.values()]

    def _watch(self) -> None:
        pods = (
            a_pod("antaeus", f"shop-{name}", uid=name, leaving=name in self.ending)
            for name in (*self.ending, self.antaeus)
        )
        self.seen = observe((), pods).all_of("antaeus")

    def _instance(self) -> AntaeusInstance | None:
        return Observed({}, self.seen).antaeus_instance

    def _read(self) -> None:
        """By whom the answer is, the operator takes from what it sees of the pods."""
        instance = self._instance()
        if instance and not self.silent:
            self.reading = Reading(Counts(self.charged.get(self.antaeus, 0), 8), instance)

    def _status_only(self) -> None:
        """A pass whose operator ends before it touches a Job."""
        runs = self._observed_runs()
        uncertain = {"unresolvedRun", "unmanagedRun"} & self.status.keys()
        awaits_leave = any(run.under_way and run.pod for run in runs.runs)
        if uncertain or awaits_leave or any(run.waiting for run in runs.runs):
            self._watch()
            self._read()
        record = self.status.get("running") or {}
        for run in runs.runs:
            if run.uid == record.get("uid") and run.report and self.reading:
                self._take_final_counts(AntaeusInstance.of(record), run.report)
        now = NOW + timedelta(seconds=self.seconds)
        named = {ACKNOWLEDGE_RESET: self.acknowledged}
        status = {"billing": self.status, "invoices": self.invoices}
        stack = a_stack(status=status, annotations=named)
        self.invoices = pruned(invoices(stack, self.reading, now) or {})
        context = AdmissionContext(
            self.reading,
            self._instance(),
            unready="",
            reset="reset" in self.invoices,
            rotating=False,
            now=now,
            takes_charges=True,
            antaeus_pods=self.seen,
        )
        self.status = pruned(billing(stack, runs, context))

    def _take_final_counts(self, instance: AntaeusInstance | None, report: RunReport) -> None:
        paid, known = report.paid_after, self.reading
        if known and known.instance == instance and paid is not None and paid > known.counts.paid:
            self.reading = Reading(Counts(paid, 8), known.instance)

    def _pass(self) -> None:
        self._status_only()
        self._move()

    def _move(self) -> None:
        runs = self._observed_runs().runs
        self._watch()
        if run := to_skip(self.status, runs):
            self.jobs.pop(run.name)
        if run := to_begin(self.status, runs, self._instance()):
            job = self.jobs[run.name]
            job["spec"]["suspend"] = False
            job["metadata"]["generation"] += 1
            self.pods[run.name] = a_run_pod(run.name, running={})
        seen = self._observed_runs()
        if pod := to_allow(self.status, seen.runs, seen.with_leave, self._instance()):
            if "reset" in self.invoices:
                return
            live = next(each for each in self.pods.values() if each["metadata"]["uid"] == pod.uid)
            paid = max(self.status["running"].get("paid", 0), self.invoices.get("paid", 0))
            live["metadata"]["annotations"] = {MAY_PAY: pod.uid}
            live["paid"] = paid
