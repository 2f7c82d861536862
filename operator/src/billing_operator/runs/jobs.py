"""Billing runs as the cluster has them: Jobs of the stack's CronJob, and what their pods said."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import NamedTuple

from billing_operator.kinds import Manifest, conditions_of
from billing_operator.names import BILLING, MAY_PAY
from billing_operator.observed import troubles
from billing_operator.runs.report import RunReport

# Set by the CronJob controller on what it makes, not by people who make a Job of their own.
_SCHEDULED = "batch.kubernetes.io/cronjob-scheduled-timestamp"

# By a word of Kubernetes' reason. The pod is no part of the spec, but goes where payment's may.
_REMEDIES = {
    "Image": "let the nodes pull the operator's image, by a Secret that "
    "spec.payment.imagePullSecrets names",
    "Unschedulable": "make room on the nodes for spec.billing.resources, or fit "
    "spec.payment.nodeSelector and .tolerations to the nodes",
}


class RunPod(NamedTuple):
    """The pod of a run.

    Attributes:
        version: its resourceVersion.
        running: whether its container runs.
        may_pay: whether it has been given leave to.
        may_restart: whether its container may be started again, to pay a second time.
    """

    name: str
    uid: str
    version: str
    running: bool
    may_pay: bool
    may_restart: bool = False


@dataclass(frozen=True, slots=True)
class Run:
    """One Job.

    Attributes:
        version: its resourceVersion.
        created: when it was made.
        scheduled: for when the CronJob made it; None where a person did, or nobody can read it.
        begun: whether its pod may ever have been there. A Job is made suspended, and each change
            of its spec counts up its generation.
        suspended: whether it is so now.
        ended: how, in Kubernetes' words; empty while it has not.
        started: when its pod was let begin, if that is so now.
        leaving: whether it is being deleted.
        has_pods: whether any pod of it is there.
        over: whether the container that pays has ended, in the only pod that it has. Another one
            beside it, such as a mesh's, may keep the Job from its end.
        report: what its pod said; None where it said nothing, or has gone.
        reported_by: uid of that pod.
        stuck: why its pod does not start, if anything is known.
        pod: the only one that it has, if that may still be at work.
        by_hand: whether a person has said that this very Job is to pay.
    """

    name: str
    uid: str
    version: str
    created: datetime
    scheduled: datetime | None
    begun: bool
    suspended: bool
    ended: str
    started: str | None
    leaving: bool
    has_pods: bool
    over: bool
    report: RunReport | None
    reported_by: str | None
    stuck: str
    pod: RunPod | None
    by_hand: bool

    def report_of(self, pod_uid: str | None) -> RunReport | None:
        """What this pod of it said; of None, what any did, since then none had leave to pay."""
        return self.report if pod_uid in (None, self.reported_by) else None

    @property
    def waiting(self) -> bool:
        """Whether it can still be let begin, for the first time."""
        return not (self.begun or self.ended or self.leaving)

    @property
    def under_way(self) -> bool:
        """Whether its pod may be at work, whoever let it begin."""
        return not (self.suspended or self.ended)

    @property
    def lacks_pod(self) -> bool:
        """Whether it was let begin and has no pod, so that one can't be made or has gone."""
        return self.begun and self.under_way and not (self.has_pods or self.leaving)

    @property
    def may_pay(self) -> bool:
        """Whether its pod has leave to."""
        return self.pod is not None and self.pod.may_pay

    @property
    def stopped(self) -> bool:
        """Whether somebody suspended it in the middle; to let it go on would be another call."""
        return self.begun and self.suspended and not self.ended


def runs_of(jobs: Iterable[Manifest], pods: Iterable[Manifest], cron_uid: str) -> tuple[Run, ...]:
    """The Jobs of one CronJob, oldest first; anyone may give a Job the same labels."""
    of_jobs: dict[str, list[Manifest]] = {}
    for pod in pods:
        for owner in _owners(pod):
            of_jobs.setdefault(owner, []).append(pod)
    runs = [
        _run(job, of_jobs.get(job["metadata"]["uid"], []))
        for job in jobs
        if cron_uid in _owners(job)
    ]
    return tuple(sorted(runs, key=lambda run: (run.created, run.name)))


def orphans_of(jobs: Iterable[Manifest], cron_uid: str) -> tuple[str, ...]:
    """Names of Jobs that wait to be let begin, and are of another CronJob or of none."""
    others = [job for job in jobs if cron_uid not in _owners(job)]
    return tuple(sorted(job["metadata"]["name"] for job in others if _run(job, []).waiting))


def _owners(live: Manifest) -> list[str]:
    return [owner["uid"] for owner in live["metadata"].get("ownerReferences") or ()]


def _run(job: Manifest, pods: list[Manifest]) -> Run:
    meta, spec, status = job["metadata"], job["spec"], job.get("status") or {}
    suspended = spec.get("suspend") is True
    return Run(
        name=meta["name"],
        uid=meta["uid"],
        version=meta["resourceVersion"],
        created=datetime.fromisoformat(meta["creationTimestamp"]),
        scheduled=_time((meta.get("annotations") or {}).get(_SCHEDULED)),
        begun=not suspended or meta.get("generation", 1) > 1,
        suspended=suspended,
        ended=_end(status),
        started=status.get("startTime"),
        leaving="deletionTimestamp" in meta,
        has_pods=bool(pods),
        over=len(pods) == 1 and "terminated" in (_container(pods[0]).get("state") or {}),
        report=_report(pods),
        reported_by=pods[0]["metadata"]["uid"] if len(pods) == 1 else None,
        stuck=_stuck(pods),
        pod=_at_work(pods),
        by_hand=_is_said_of(job),
    )


def _is_said_of(live: Manifest) -> bool:
    """Whether an object may pay; what was said of another one is copied with all the rest."""
    meta = live["metadata"]
    return bool((meta.get("annotations") or {}).get(MAY_PAY) == meta["uid"])


def with_leave(pods: Iterable[Manifest]) -> tuple[RunPod, ...]:
    """The pods that may pay and have not ended, whoever made them and even while they end."""
    return tuple(_pod(live) for live in pods if _is_said_of(live) and not _has_ended(live))


def _at_work(pods: list[Manifest]) -> RunPod | None:
    """Of two pods, nobody knows which is the one."""
    if len(pods) != 1 or "deletionTimestamp" in pods[0]["metadata"] or _has_ended(pods[0]):
        return None
    return _pod(pods[0])


def _has_ended(pod: Manifest) -> bool:
    ended = "terminated" in (_container(pod).get("state") or {})
    return ended or (pod.get("status") or {}).get("phase") in ("Succeeded", "Failed")


def _pod(live: Manifest) -> RunPod:
    meta, state = live["metadata"], _container(live).get("state") or {}
    return RunPod(
        meta["name"],
        meta["uid"],
        meta["resourceVersion"],
        running="running" in state,
        may_pay=_is_said_of(live),
        may_restart=_may_restart(live["spec"]),
    )


def _may_restart(spec: Manifest) -> bool:
    """Whether a mutating policy has made another restart policy of Never, for all or for one."""
    containers: list[Manifest] = spec["containers"]
    own = next((each for each in containers if each["name"] == BILLING), {})
    policies = {spec.get("restartPolicy"), own.get("restartPolicy", "Never")}
    return policies != {"Never"} or bool(own.get("restartPolicyRules"))


def _time(text: str | None) -> datetime | None:
    """A moment that an annotation tells; anyone may write there what is none."""
    try:
        moment = datetime.fromisoformat(text or "")
    except ValueError:
        return None
    return moment if moment.tzinfo else None


def _end(status: Manifest) -> str:
    conditions = conditions_of(status)
    for kind in ("Complete", "Failed"):
        condition = conditions.get(kind, {})
        if condition.get("status") == "True":
            return ": ".join(
                filter(None, (condition.get("reason") or kind, condition.get("message")))
            )
    return ""


def _report(pods: list[Manifest]) -> RunReport | None:
    """What the one pod of a run said; of two, neither is the whole truth."""
    return report_in(pods[0]) if len(pods) == 1 else None


def report_in(pod: Manifest) -> RunReport | None:
    """What a pod said at its end; None where it has not, or said nothing of use."""
    ended = (_container(pod).get("state") or {}).get("terminated") or {}
    return RunReport.parse(ended.get("message") or "")


def _stuck(pods: list[Manifest]) -> str:
    """In Kubernetes' own words, with what a person can do about it."""
    for pod in pods:
        problem = None if _has_ended(pod) else troubles.of_pod(pod, BILLING)
        if problem:
            meta = pod["metadata"]
            look = f"find out why: kubectl describe pod -n {meta['namespace']} {meta['name']}"
            remedy = next((of for word, of in _REMEDIES.items() if word in problem.reason), look)
            return str(replace(problem, remedy=remedy))
    return ""


def _container(pod: Manifest) -> Manifest:
    statuses: list[Manifest] = (pod.get("status") or {}).get("containerStatuses") or []
    return next((each for each in statuses if each["name"] == BILLING), {})
