"""Looks at the billing runs of a stack, and lets begin or removes what its status says."""

import logging
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from billing_operator.errors import Fault
from billing_operator.invoices.activity import Activity
from billing_operator.invoices.sampler import Sampler
from billing_operator.kinds import BILLING_STACK, CRON_JOB, JOB, POD, Key, Kind, Manifest, Ref
from billing_operator.kube.api import Cluster
from billing_operator.kube.cache import Inventory
from billing_operator.kube.live import look_at_pods, take_in_pods
from billing_operator.memory import Memories
from billing_operator.names import BILLING, MAY_PAY, PAID_BEFORE, part_name
from billing_operator.observed.stack import Observed, observe
from billing_operator.runs.admission import to_begin, to_skip
from billing_operator.runs.books import STILL_SECONDS
from billing_operator.runs.context import ObservedRuns
from billing_operator.runs.jobs import Run, RunPod, orphans_of, report_in, runs_of, with_leave
from billing_operator.runs.leave import to_allow
from billing_operator.runs.report import RunReport
from billing_operator.spec.stack import Stack

log = logging.getLogger(__name__)

# While a batch may still go on, it is looked at so many times until it counts as over.
_LOOKS = 10
_LOOK_SOON = 1.0
_LOOK_LATER = 10.0
_MOST_REPORTS = 10


@dataclass(slots=True)
class _Reports:
    """What the pods of a stack's last runs said, by their uid."""

    by_pod: dict[str, RunReport] = field(default_factory=dict)


class RunKeeper:
    """Knows the runs of stacks; decides nothing of what becomes of them."""

    def __init__(
        self,
        cluster: Cluster,
        inventory: Inventory,
        sampler: Sampler,
        memories: Memories,
        *,
        quiet_seconds: float,
    ) -> None:
        self._memories = memories
        self._cluster = cluster
        self._inventory = inventory
        self._sampler = sampler
        self._quiet = quiet_seconds

    async def look(self, stack: Stack, seen: Observed) -> ObservedRuns | None:
        """What there is to see of a stack's runs; None where that can't be seen now."""
        uid = _cron_uid(stack, seen)
        if uid is None:
            return ObservedRuns((), None, self._quiet)
        place = stack.key
        known: Manifest = stack.status.get("billing") or {}
        record = known.get("running")
        runs = self._runs(stack.key, uid)
        at_work = {run.uid for run in runs if run.under_way}
        if record and record["uid"] not in at_work:
            # It has ended, or not begun: either is a matter of money, and a watch may lag.
            try:
                runs = await self._live_runs(stack.key, uid)
            except Fault as fault:
                log.warning("no runs", extra={"stack": str(stack.key), "why": fault.message})
                return None
            ended = (run for run in runs if run.uid == record["uid"])
            reports = (run.report_of(record.get("podUID")) for run in ended)
            for report in filter(None, reports):
                self._sampler.record_final_counts(stack, record, report.final_counts)
        uncertain = _is_uncertain(known) or _awaits_leave(known, runs) or _lacks_books(known)
        has_ended = record and record["uid"] not in at_work
        uncertain = uncertain or has_ended or _has_charged(record, runs)
        if not uncertain and not any(run.waiting for run in runs):
            return await self._observed(stack, uid, runs, None)
        try:
            # Whose answer a sample is, a watch that lags behind would take for another's.
            pods = await self._live_pods(stack.key)
        except Fault as fault:
            log.warning("no pods", extra={"stack": str(stack.key), "why": fault.message})
            return None
        activity = await self._sampler.sample(stack, pods)
        return await self._observed(stack, uid, self._runs(place, uid), activity)

    async def _observed(
        self, stack: Stack, cron_uid: str, runs: tuple[Run, ...], activity: Activity | None
    ) -> ObservedRuns:
        record = (stack.status.get("billing") or {}).get("running") or {}
        # Of others nobody tells, however many there are.
        lacking = (run for run in runs if run.lacks_pod and run.uid == record.get("uid"))
        refused = {run.uid: await self._why_no_pod(stack, run) for run in lacking}
        pods, jobs = self._inventory.pods(stack.key), self._inventory.jobs(stack.key)
        for pod in pods:
            # Where its Job has gone, nobody else keeps it.
            if pod["metadata"]["uid"] == record.get("podUID"):
                self.note_report(stack.uid, pod)
        return ObservedRuns(
            runs,
            activity,
            self._quiet,
            with_leave=with_leave(pods),
            orphans=orphans_of(jobs, cron_uid),
            reports=dict(self._memories.of(stack.uid, _Reports).by_pod),
            refused=refused,
        )

    async def _why_no_pod(self, stack: Stack, run: Run) -> str:
        """What the Job controller was told when it made the pod, by the Events about the Job."""
        remedy = f"find out why: kubectl describe job -n {stack.namespace} {run.name}"
        try:
            why = await self._cluster.last_refusal(stack.namespace, run.uid)
        except Fault as fault:
            why = f"and why is not known, since {fault.message}"
        return f"job {run.name}: no pod is made: {why}; to mend it, {remedy}" if why else ""

    def note_report(self, uid: str, pod: Manifest) -> None:
        """Keeps what the pod of a run said, since a Job may be removed as soon as it has ended."""
        if report := report_in(pod):
            reports = self._memories.of(uid, _Reports).by_pod
            reports[pod["metadata"]["uid"]] = report
            for old in list(reports)[:-_MOST_REPORTS]:
                del reports[old]

    async def carry_out(
        self, place: Key, seen: Observed, observed: ObservedRuns | None, now: datetime
    ) -> Fault | float | None:
        """Does what the stored status says of runs, if that is still right by what is live.

        Returns when to look again, or what kept it from being done.
        """
        body = self._inventory.stack(place)
        if observed is None or body is None:
            return _LOOK_SOON
        stack = Stack.from_body(body)
        if self._is_called_for(stack, observed):
            try:
                await self._move(stack, _cron_uid(stack, seen))
            except Fault as fault:
                log.warning("run not moved", extra={"stack": str(place), "why": fault.message})
                return fault
            return _LOOK_SOON
        return self._look_again(stack, observed, now)

    async def _move(self, known: Stack, cron_uid: str | None) -> None:
        place = known.key
        body = await self._cluster.read(BILLING_STACK, place)
        if body is None or cron_uid is None:
            return
        self._inventory.put(BILLING_STACK, body)
        stack = Stack.from_body(body)
        # By a spec that nobody has judged yet, nothing may be done: it may suspend or hibernate.
        if stack.uid != known.uid or stack.generation != stack.status.get("observedGeneration"):
            return
        status = stack.status.get("billing") or {}
        runs = await self._live_runs(place, cron_uid)
        if run := to_skip(status, runs):
            await self._cluster.delete(_named(place, run), unchanged=True)
            log.info("run skipped", extra={"stack": str(place), "run": run.name})
        instance = self._pods(place).antaeus_instance
        if run := to_begin(status, runs, instance):
            self._inventory.put(JOB, await self._cluster.resume(_named(place, run)))
            log.info("run begun", extra={"stack": str(place), "run": run.name})
        holders = with_leave(self._inventory.pods(place))
        if pod := to_allow(status, runs, holders, instance):
            leave = {MAY_PAY: pod.uid, PAID_BEFORE: str(status["running"]["paid"])}
            self._inventory.put(POD, await self._cluster.annotate(_pod_named(place, pod), leave))
            log.info("run may pay", extra={"stack": str(place), "pod": pod.name})

    def _look_again(self, stack: Stack, observed: ObservedRuns, now: datetime) -> float | None:
        status: Manifest = stack.status.get("billing") or {}
        most = timedelta(seconds=stack.billing.starting_seconds)
        waiting = (run for run in observed.runs if run.waiting and not stack.suspend)
        late = (run.created + most - now for run in waiting)
        times = [max(_LOOK_SOON, left.total_seconds()) for left in late]
        if _awaits_leave(status, observed.runs):
            times.append(_LOOK_SOON)
        if any(run.lacks_pod for run in observed.runs):
            times.append(_LOOK_LATER)
        if _lacks_books(status) and not stack.hibernate:
            silent = observed.activity is None or observed.activity.unknown_because
            times.append(_LOOK_LATER if silent else STILL_SECONDS)
        # Without an Antaeus nothing tells that its batch is over before it has woken up.
        asleep = stack.hibernate and not self._pods(stack.key).antaeus_runs
        if _is_uncertain(status) and not asleep:
            times.append(min(_LOOK_LATER, max(0.1, self._quiet / _LOOKS)))
        return min(times, default=None)

    def _is_called_for(self, stack: Stack, observed: ObservedRuns) -> bool:
        if stack.suspend:
            return False
        status = stack.status.get("billing") or {}
        instance = self._pods(stack.key).antaeus_instance
        begins = to_begin(status, observed.runs, instance)
        allowed = to_allow(status, observed.runs, observed.with_leave, instance)
        return bool(begins or allowed or to_skip(status, observed.runs))

    def _pods(self, place: Key) -> Observed:
        return observe((), self._inventory.pods(place))

    async def _live_pods(self, place: Key) -> Observed:
        """The pods as the API server has them now, and no other is known any more."""
        await look_at_pods(self._cluster, self._inventory, place)
        return self._pods(place)

    def _runs(self, place: Key, cron_uid: str) -> tuple[Run, ...]:
        return runs_of(self._inventory.jobs(place), self._inventory.pods(place), cron_uid)

    async def _live_runs(self, place: Key, cron_uid: str) -> tuple[Run, ...]:
        """As the API server has them now; what is not there any more is none of them."""
        # In this order: of a Job that has ended, the pod has said all that it had to say.
        jobs, before = await self._cluster.list_stack(JOB, place), self._inventory.pods(place)
        pods = await self._cluster.list_stack(POD, place)
        for live in jobs:
            self._inventory.put(JOB, live)
        take_in_pods(self._inventory, before, pods)
        return runs_of(jobs, pods, cron_uid)


def _cron_uid(stack: Stack, seen: Observed) -> str | None:
    live = seen.children.get(Ref(CRON_JOB.name, part_name(stack.name, BILLING)))
    return str(live["metadata"]["uid"]) if live else None


def _is_uncertain(status: Manifest) -> bool:
    """Whether a batch may be at work that is no run under way."""
    return any(status.get(name) for name in ("unresolvedRun", "unmanagedRun", "unknownPast"))


def _lacks_books(status: Manifest) -> bool:
    """Whether it is still to be told what was charged during the last run."""
    return bool((status.get("lastRun") or {}).get("booksBefore"))


def _awaits_leave(status: Manifest, runs: tuple[Run, ...]) -> bool:
    """Whether a pod runs that is to have leave to pay; without it, it ends after some minutes."""
    uid = (status.get("running") or {}).get("uid")
    asked_for = (run for run in runs if run.under_way and (run.by_hand or run.uid == uid))
    return any(run.pod and run.pod.running and not run.pod.may_pay for run in asked_for)


def _has_charged(record: Manifest | None, runs: tuple[Run, ...]) -> bool:
    """Whether a run has ended that payment may have refused charges of."""
    if not record or not record.get("leaveTime"):
        return False
    return not any(run.uid == record["uid"] and run.under_way for run in runs)


def _named(place: Key, run: Run) -> Manifest:
    return _as_seen(JOB, place, run.name, run.uid, run.version)


def _pod_named(place: Key, pod: RunPod) -> Manifest:
    return _as_seen(POD, place, pod.name, pod.uid, pod.version)


def _as_seen(kind: Kind, place: Key, name: str, uid: str, version: str) -> Manifest:
    """Names an object as it was when it was last seen, so that nothing happens to a changed one."""
    names = {"name": name, "namespace": place.namespace, "uid": uid, "resourceVersion": version}
    return {"kind": kind.name, "metadata": names}
