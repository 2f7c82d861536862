"""What keeps pods from being well: in Kubernetes' own words, with what a person can do about it."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from billing_operator.kinds import Manifest, conditions_of
from billing_operator.names import selector_text

_IMAGE = "name an image that the nodes can pull in spec.{part}.image"
_PULL = f"{_IMAGE}, or the Secret to pull it by in spec.{{part}}.imagePullSecrets"
_USER = (
    "name a user other than 0 in spec.{part}.securityContext.runAsUser, or an image that does "
    "not run as root"
)
_ENV = "correct spec.{part}.env or spec.token, or make what they refer to"
_LOGS = "find out why: kubectl logs -n {namespace} {name} -c {container} --previous"
_LOOK = "find out why: kubectl describe pod -n {namespace} {name}"
_LOOK_AT_ALL = "find out why: kubectl describe pods -n {namespace} -l {selector}"

_CRASH_LOOP = "CrashLoopBackOff"
# Why a container does not run, where no amount of waiting helps, and what does.
_PERSON_MUST_ACT = {
    "CreateContainerConfigError": _ENV,
    _CRASH_LOOP: _LOGS,
    "ErrImageNeverPull": _IMAGE,
    "ErrImagePull": _PULL,
    "ImageInspectError": _IMAGE,
    "ImagePullBackOff": _PULL,
    "InvalidImageName": _IMAGE,
    "RunContainerError": _LOOK,
}
_MEMORY = "raise spec.{part}.resources.limits.memory"
_ROOM = "lower spec.{part}.resources.requests, or make room on the nodes"
_NODES = (
    "fit spec.{part}.nodeSelector, .affinity, .tolerations and .topologySpreadConstraints to the "
    "nodes: kubectl describe pod -n {namespace} {name}"
)
# Words of the scheduler about what a pod and the nodes ask of each other.
_ABOUT_NODES = ("affinity", "selector", "taint", "topology")
_PRIORITY = "name a PriorityClass that is there in spec.{part}.priorityClassName, or make that one"
_ADMISSION = "change what the admission of the namespace refuses, or have it admit these pods"
# Words of the API server about quotas and limit ranges.
_ABOUT_RESOURCES = ("quota", "usage per ")
_RESOURCES = (
    "fit spec.{part}.resources to what the namespace allows, or let it allow more: "
    "kubectl describe quota,limitrange -n {namespace}"
)
_BEING_MADE = ("", "ContainerCreating", "PodInitializing")
# The kubelet restarts at once after the first end, and counts as good what has run for so long.
_RESTARTS_OF_A_LOOP = 2
_SECONDS_OF_A_GOOD_RUN = 600.0
# What is said can be long, and the remedy must still fit behind it.
_MOST_CHARACTERS = 600


@dataclass(frozen=True, slots=True)
class PodProblem:
    """What keeps a pod or a rollout from being well, in Kubernetes' own words.

    Attributes:
        where: the object, as "pod NAME".
        remedy: what a person can do; empty where it may pass by itself.
    """

    where: str
    reason: str
    message: str
    remedy: str

    @property
    def needs_action(self) -> bool:
        """Whether only a person can mend it."""
        return self.remedy != ""

    def __str__(self) -> str:
        parts = [self.where, self.reason, self.message[:_MOST_CHARACTERS]]
        text = ": ".join(part for part in parts if part)
        return f"{text}; to mend it, {self.remedy}" if self.remedy else text


def of_pod(live: Manifest, part: str) -> PodProblem | None:
    """What keeps a pod from running, if anything is known to."""
    status: Manifest = live.get("status") or {}
    return _of_containers(live, part, status) or _of_scheduling(live, part, status)


def of_rollout(live: Manifest, part: str) -> PodProblem | None:
    """What keeps a Deployment from making its pods, if anything is known to."""
    conditions = conditions_of(live.get("status"))
    failure = conditions.get("ReplicaFailure", {})
    if failure.get("status") == "True":
        return _trouble(live, part, failure, _remedy_of_refusal(failure.get("message", "")))
    progress = conditions.get("Progressing", {})
    if progress.get("status") == "False":
        return _trouble(live, part, progress, _LOOK_AT_ALL)
    return None


def _remedy_of_refusal(message: str) -> str:
    if "PriorityClass" in message:
        return _PRIORITY
    return _RESOURCES if any(words in message for words in _ABOUT_RESOURCES) else _ADMISSION


def _of_containers(live: Manifest, part: str, status: Manifest) -> PodProblem | None:
    for container in _containers(status):
        ended: dict[str, Any] = (container.get("lastState") or {}).get("terminated") or {}
        waiting = (container.get("state") or {}).get("waiting") or _next_try(container, ended)
        if waiting.get("reason", "") in _BEING_MADE:
            continue
        remedy = _remedy(container["name"], part, waiting, ended)
        how = f"ended with {ended.get('reason')} ({ended.get('exitCode')})" if ended else ""
        message = ", ".join(filter(None, (waiting.get("message"), how, ended.get("message"))))
        return _trouble(live, part, waiting | {"message": message}, remedy, container["name"])
    return None


def _next_try(container: Manifest, ended: Manifest) -> Manifest:
    """What holds a container that was started once more, as the earlier ones ended so soon.

    While it starts nobody can tell that it will end as they did; to say at each try that all is
    under way, and at each end that it is not, would be news every time.
    """
    loops = container.get("restartCount", 0) >= _RESTARTS_OF_A_LOOP and not container.get("ready")
    return {"reason": _CRASH_LOOP} if loops and _seconds_run(ended) < _SECONDS_OF_A_GOOD_RUN else {}


def _seconds_run(ended: Manifest) -> float:
    """How long a container ran that has ended; for ever where nobody knows."""
    began, end = (ended.get(name) for name in ("startedAt", "finishedAt"))
    if not began or not end:
        return float("inf")
    return (datetime.fromisoformat(end) - datetime.fromisoformat(began)).total_seconds()


def _remedy(container: str, part: str, waiting: Manifest, ended: Manifest) -> str:
    remedy = _PERSON_MUST_ACT.get(waiting["reason"], "")
    if remedy == _ENV and "runAsNonRoot" in waiting.get("message", ""):
        remedy = _USER
    if remedy == _LOGS:
        if container == part and ended.get("reason") == "OOMKilled":
            return _MEMORY
        return _LOGS
    # Nothing in the spec speaks of a container that somebody injected.
    return remedy if container == part or not remedy else _LOOK


def _containers(status: Manifest) -> Iterable[Manifest]:
    return (status.get("initContainerStatuses") or []) + (status.get("containerStatuses") or [])


def _of_scheduling(live: Manifest, part: str, status: Manifest) -> PodProblem | None:
    scheduled = conditions_of(status).get("PodScheduled", {})
    if scheduled.get("status") != "False":
        return None
    message = scheduled.get("message", "")
    nodes = _NODES if any(word in message for word in _ABOUT_NODES) else _LOOK
    return _trouble(live, part, scheduled, _ROOM if "Insufficient" in message else nodes)


def _trouble(
    live: Manifest, part: str, problem: Manifest, remedy: str, container: str = ""
) -> PodProblem:
    meta = live["metadata"]
    words = {
        "part": part,
        "namespace": meta["namespace"],
        "name": meta["name"],
        "container": container,
        # Of a Deployment, whose name is the stack's and the part's.
        "selector": selector_text(meta["name"].removesuffix(f"-{part}"), part),
    }
    where = f"{live['kind'].lower()} {meta['name']}"
    return PodProblem(where, problem["reason"], problem.get("message", ""), remedy.format(**words))
