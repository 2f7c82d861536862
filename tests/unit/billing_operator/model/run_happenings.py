"""What may happen to runs, and means by which other things happen."""

import asyncio
from copy import deepcopy

from billing_operator.kinds import Manifest, timestamp
from billing_operator.names import BILLING, MAY_PAY, labels
from support.operator.run_manifests import a_job
from unit.billing_operator.model.antaeus import moment, now
from unit.billing_operator.model.kubelet import Running
from unit.billing_operator.model.rules import Rules
from unit.billing_operator.model.server import name_of
from unit.billing_operator.model.world import World


class RunHappenings:
    """What may happen to Jobs and their pods; where there is none, nothing."""

    def __init__(self, world: World, rules: Rules) -> None:
        self.world, self.rules, self.server = world, rules, world.server
        self.numbers = 0

    def do_make_run(self) -> None:
        self.numbers += 1
        cron = self.server.must_get("CronJob", "shop-billing")
        made = timestamp(moment(now()))
        name = f"run-{self.numbers}"
        job = a_job(name, owner=cron["metadata"]["uid"], made=made)
        self._have_job(job)

    def _have_job(self, job: Manifest) -> None:
        self.server.have(job)
        if job["metadata"]["ownerReferences"]:
            self.rules.made[name_of(job)] = job["metadata"]["uid"]

    def do_copy_run(self) -> None:
        self._copy(owned=True)

    def do_copy_run_without_owner(self) -> None:
        self._copy(owned=False)

    def _copy(self, *, owned: bool) -> None:
        """With all that was said of the original, as of when it was copied."""
        if not (job := self._latest()):
            return
        self.numbers += 1
        copy, name = deepcopy(job), f"run-{self.numbers}"
        copy["metadata"] |= {"name": name, "uid": f"uid of {name}", "generation": 1}
        copy["metadata"]["creationTimestamp"] = timestamp(moment(now()))
        if not owned:
            copy["metadata"]["ownerReferences"] = []
        copy["status"] = {}
        if not copy["spec"]["suspend"]:
            self.rules.by_hand.add(name)
        self._have_job(copy)

    def do_copy_pod_of_run(self) -> None:
        pods = [pod for pod in self.server.all_of("Pod") if _is_of_run(pod)]
        if pods:
            self.numbers += 1
            copy, name = deepcopy(pods[-1]), f"bare-{self.numbers}"
            meta = {"name": name, "uid": f"uid of {name}", "ownerReferences": []}
            copy["metadata"] |= meta | {"labels": labels("shop", BILLING)}
            copy["metadata"].pop("deletionTimestamp", None)
            self.server.have(copy | {"status": {"phase": "Pending"}})

    def do_begin_by_hand(self) -> None:
        self._spec_of_latest(suspend=False)

    def do_suspend_run(self) -> None:
        self._spec_of_latest(suspend=True)

    def do_suspend_and_resume_run(self) -> None:
        self._spec_of_latest(suspend=True)
        asyncio.get_running_loop().call_later(0.15, self.do_begin_by_hand)

    def do_say_by_hand(self) -> None:
        if job := self._latest():
            self.server.change("Job", name_of(job), _say)

    def do_delete_run(self) -> None:
        if job := self._latest():
            self._delete(job)

    def do_delete_run_but_its_pod(self) -> None:
        if job := self._latest():
            for pod in self._pods_of(job):
                self.server.change("Pod", name_of(pod), _orphan)
            self._delete(job)

    def _delete(self, job: Manifest) -> None:
        self.rules.deleted.add(name_of(job))
        self.server.remove("Job", name_of(job))

    def do_drain_run(self) -> None:
        for pod in self.running(BILLING)[-1:]:
            self.world.kubelet.end(pod)

    def do_kill_run(self) -> None:
        for pod in self.running(BILLING)[-1:]:
            self.world.kubelet.restart(pod)

    def do_cut_off_run(self) -> None:
        for run in self.world.runs:
            run.lost.set()

    def _latest(self) -> Manifest | None:
        jobs = self.server.all_of("Job")
        going = [job for job in jobs if not job["status"].get("conditions")]
        return next(reversed(going or jobs), None)

    def _pods_of(self, job: Manifest) -> list[Manifest]:
        uid = job["metadata"]["uid"]
        owners = (
            (pod, pod["metadata"].get("ownerReferences")) for pod in self.server.all_of("Pod")
        )
        return [pod for pod, of in owners if of and of[0]["uid"] == uid]

    def running(self, part: str) -> list[Running]:
        """Pods of a part whose process runs, and that are to stay."""
        return [pod for pod in self.world.kubelet.of(part) if pod.process and not pod.ending]

    def _spec_of_latest(self, *, suspend: bool) -> None:
        job = self._latest()
        if job and job["spec"]["suspend"] != suspend and not job["status"].get("conditions"):
            job = deepcopy(job)
            job["spec"]["suspend"] = suspend
            job["metadata"]["generation"] += 1
            if not suspend:
                self.rules.by_hand.add(name_of(job))
            self.server.have(job)

    def spec(self, **spec: object) -> None:
        """Changes fields of the stack's spec."""
        body = self.server.must_get("BillingStack", "shop")
        if body["spec"] | spec != body["spec"]:
            body["spec"] |= spec
            body["metadata"]["generation"] += 1
            self.server.have(body)

    def annotate(self, name: str, value: str) -> None:
        """Annotates the stack, as a person would."""
        body = self.server.must_get("BillingStack", "shop")
        body["metadata"]["annotations"][name] = value
        self.server.have(body)


def _say(job: Manifest) -> None:
    annotations = job["metadata"].get("annotations") or {}
    job["metadata"]["annotations"] = annotations | {MAY_PAY: job["metadata"]["uid"]}


def _orphan(pod: Manifest) -> None:
    pod["metadata"]["ownerReferences"] = []


def _is_of_run(pod: Manifest) -> bool:
    return bool(pod["metadata"]["labels"].get("app.kubernetes.io/name") == BILLING)
