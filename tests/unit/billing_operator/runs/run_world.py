"""A small world of Jobs, pods and an Antaeus, in which pay calls must never overlap.

Antaeus goes on with a batch when its caller has gone, and while its pod ends. The operator's rules
see its pods, its invoices and its runs each at a moment of their own.
"""

from copy import deepcopy
from datetime import timedelta

from billing_operator.kinds import Manifest
from billing_operator.names import MAY_PAY
from billing_operator.runs.report import RunReport
from support.operator.admission_context import NOW, QUIET
from support.operator.run_manifests import a_job, a_run_pod
from unit.billing_operator.runs.run_operator import OperatorSide


class Shop(OperatorSide):
    """What may happen to one stack."""

    def happens(self, what: str) -> None:
        self.seconds += 1
        getattr(self, f"_{what.replace(' ', '_')}")()

    def _make(self) -> None:
        self.made += 1
        name = f"run-{self.made}"
        self.jobs[name] = a_job(name, made=(NOW + timedelta(seconds=self.seconds)).isoformat())

    def _at_work(self) -> list[str]:
        return [name for name, pod in self.pods.items() if "terminated" not in _state(pod)]

    def _orphan_pod(self) -> None:
        """Its Job is deleted, and it goes on."""
        for name in self._at_work()[:1]:
            if name in self.jobs:
                del self.jobs[name]
                self.orphans[name] = self.pods.pop(name)

    def _orphan_ends(self) -> None:
        self.orphans.clear()

    def _pay(self) -> None:
        """A pod that has not done so calls pay: this is what must never happen twice at a time."""
        for name, pod in [*((n, self.pods[n]) for n in self._at_work()), *self.orphans.items()]:
            annotations = pod["metadata"].get("annotations") or {}
            if pod.get("called") or annotations.get(MAY_PAY) != pod["metadata"]["uid"]:
                continue
            if self.silent or self.charged.get(self.antaeus, 0) < pod["paid"]:
                if name in self.orphans:
                    continue
                self._finish(name, RunReport(explanation="Antaeus has started anew"))
            else:
                assert not self.batches, "two pay calls at a time"
                assert not self.forgotten, "charged again what was forgotten"
                pod["called"] = self.antaeus
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
        uid = self.pods[name]["metadata"]["uid"]
        self.pods[name] = a_run_pod(name, report=report)
        self.pods[name]["metadata"]["uid"] = uid
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
                job["spec"]["suspend"] = False
                job["metadata"]["generation"] += 1
                self._make_pod(name)
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
                self._make_pod(name)
                return

    def _make_pod(self, name: str) -> None:
        self.made += 1
        self.pods[name] = a_run_pod(name, running={})
        self.pods[name]["metadata"]["uid"] = f"uid of pod {self.made}"

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
