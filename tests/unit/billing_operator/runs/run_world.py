"""A small world of Jobs, pods and an Antaeus, in which pay calls must never overlap.

Antaeus goes on with a batch when its caller has gone, and while its pod ends. The operator's rules
see its pods, its invoices and its runs each at a moment of their own.
"""

from copy import deepcopy
from dataclasses import dataclass, field
from datetime import timedelta

from billing_operator.apps.answers import Counts
from billing_operator.invoices.readings import Reading
from billing_operator.invoices.reset import invoices
from billing_operator.kinds import Manifest
from billing_operator.names import ACKNOWLEDGE_RESET, MAY_PAY
from billing_operator.observed.stack import AntaeusInstance, Observed, Pod, observe
from billing_operator.runs.activity import Activity
from billing_operator.runs.admission import billing, to_allow, to_begin, to_skip
from billing_operator.runs.jobs import runs_of
from billing_operator.runs.records import AdmissionContext, ObservedRuns
from billing_operator.runs.report import RunReport
from billing_operator.status.conditions import pruned
from support.operator.admission_context import NOW, QUIET
from support.operator.builders import a_pod, a_stack
from support.operator.run_manifests import CRON_UID, a_job, a_run_pod


@dataclass
class Shop:
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

    def happens(self, what: str) -> None:
        self.seconds += 1
        getattr(self, f"_{what.replace(' ', '_')}")()

    def _make(self) -> None:
        self.made += 1
        name = f"run-{self.made}"
        self.jobs[name] = a_job(name, made=(NOW + timedelta(seconds=self.seconds)).isoformat())

    def _observed_runs(self) -> ObservedRuns:
        if self.batches:
            self.moved = self.seconds
        # No charge takes so long that anybody sees it under way.
        activity = Activity(
            charging=False,
            unchanged_seconds=self.seconds - self.moved,
            unknown_because="it is silent" if self.silent else "",
        )
        return ObservedRuns(
            runs_of(self.jobs.values(), self.pods.values(), CRON_UID), activity, QUIET
        )

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
        if uncertain or any(run.waiting for run in runs.runs):
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
        runs = self._observed_runs().runs
        if pod := to_allow(self.status, runs, self._instance()):
            if "reset" in self.invoices:
                return
            live = next(each for each in self.pods.values() if each["metadata"]["uid"] == pod.uid)
            paid = max(self.status["running"].get("paid", 0), self.invoices.get("paid", 0))
            live["metadata"]["annotations"] = {MAY_PAY: pod.uid}
            live["paid"] = paid

    def _at_work(self) -> list[str]:
        return [name for name, pod in self.pods.items() if "terminated" not in _state(pod)]

    def _pay(self) -> None:
        """A pod that has not done so calls pay: this is what must never happen twice at a time."""
        for name in self._at_work():
            pod = self.pods[name]
            annotations = pod["metadata"].get("annotations") or {}
            if pod.get("called") or annotations.get(MAY_PAY) != pod["metadata"]["uid"]:
                continue
            if self.silent or self.charged.get(self.antaeus, 0) < self.pods[name]["paid"]:
                self._finish(name, RunReport(explanation="Antaeus has started anew"))
            else:
                assert not self.batches, "two pay calls at a time"
                assert not self.forgotten, "charged again what was forgotten"
                self.pods[name]["called"] = self.antaeus
                self.batches.append(self.antaeus)
                self.calls += 1

    def _charge(self) -> None:
        for each in self.batches:
            self.charged[each] = self.charged.get(each, 0) + 1

    def _answer(self) -> None:
        paid = self.charged.get(self.antaeus, 0)
        self._end(RunReport(True, 200, False, 0, 8, paid, 8))  # noqa: FBT003 - in the order of its fields

    def _break_off(self) -> None:
        paid = self.charged.get(self.antaeus, 0)
        self._end(RunReport(True, 500, None, 0, 8, paid, 8))  # noqa: FBT003 - in the order of its fields

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
        self._drain_antaeus()
        self._pod_goes()

    def _drain_antaeus(self) -> None:
        """Its successor is ready, and it goes on with its batch until its pod has gone."""
        self._lose_answer()
        self.ending.add(self.antaeus)
        if self.charged.get(self.antaeus):
            self.forgotten.add(self.antaeus)
        self.starts += 1

    def _pod_goes(self) -> None:
        self.batches = [each for each in self.batches if each not in self.ending]
        self.ending.clear()

    def _resume_job(self) -> None:
        """Another pod begins, as far as the Job controller is concerned."""
        for name, job in self.jobs.items():
            if job["spec"]["suspend"] and job["metadata"]["generation"] > 1:
                self.made += 1
                job["spec"]["suspend"] = False
                job["metadata"]["generation"] += 1
                self.pods[name] = a_run_pod(name, running={})
                self.pods[name]["metadata"]["uid"] = f"uid of pod {self.made}"
                return

    def _suspend_and_resume_job(self) -> None:
        """Faster than anybody looks."""
        self._suspend_job()
        self._resume_job()

    def _copy_job(self) -> None:
        """With all that the original and its pod were told; it begins at once if that had."""
        for name, original in list(self.jobs.items())[:1]:
            self.made += 1
            copy = f"run-{self.made}"
            self.jobs[copy] = deepcopy(original)
            self.jobs[copy]["metadata"] |= {"name": copy, "uid": f"uid of {copy}"}
            if not original["spec"]["suspend"] and not original["status"]["conditions"]:
                self.pods[copy] = a_run_pod(copy, running={})
                annotations = self.pods.get(name, {}).get("metadata", {}).get("annotations")
                self.pods[copy]["metadata"]["annotations"] = deepcopy(annotations)

    def _begin_by_hand(self) -> None:
        for name, job in self.jobs.items():
            if job["spec"]["suspend"] and name not in self.pods:
                job["spec"]["suspend"] = False
                job["metadata"]["generation"] += 1
                self.pods[name] = a_run_pod(name, running={})
                return

    def _say_by_hand(self) -> None:
        for job in list(self.jobs.values())[:1]:
            job["metadata"]["annotations"] = {MAY_PAY: job["metadata"]["uid"]}

    def _give_up(self) -> None:
        """A pod that has waited for its leave for too long."""
        for name in self._at_work():
            pod = self.pods[name]
            annotations = pod["metadata"].get("annotations") or {}
            if annotations.get(MAY_PAY) != pod["metadata"]["uid"]:
                self._finish(name, RunReport(explanation="no leave"))

    def _acknowledge_reset(self) -> None:
        """As a person who looks at what all have charged before the one that answers now."""
        if reset := self.invoices.get("reset"):
            self.acknowledged = reset["time"]
            self.forgotten.clear()

    def _fall_silent(self) -> None:
        self.silent = True

    def _speak(self) -> None:
        self.silent = False

    def _look_away(self) -> None:
        """A batch that nobody waits for comes to its end."""
        waited_for = {self.pods[name].get("called") for name in self._at_work()}
        self.batches = [each for each in self.batches if each in waited_for]

    def _wait(self) -> None:
        """Longer than any batch stands still."""
        self._observed_runs()
        if not self.batches:
            self.seconds += QUIET


def _state(pod: Manifest) -> Manifest:
    state: Manifest = pod["status"]["containerStatuses"][0]["state"]
    return state
