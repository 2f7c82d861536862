"""What keeps pods from being well: in Kubernetes' own words, with what a person can do about it."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from billing_operator.kinds import Manifest, conditions_of

_IMAGE = "name an image that the nodes can pull in spec.{part}.image"
_ENV = "correct spec.{part}.env, or make what it refers to"
_LOGS = "find out why: kubectl logs -n {namespace} {name} -c {container} --previous"
_LOOK = "find out why: kubectl describe {kind} -n {namespace} {name}"

# Why a container does not run, where no amount of waiting helps, and what does.
_PERSON_MUST_ACT = {
    "CreateContainerConfigError": _ENV,
    "CrashLoopBackOff": _LOGS,
    "ErrImageNeverPull": _IMAGE,
    "ErrImagePull": _IMAGE,
    "ImageInspectError": _IMAGE,
    "ImagePullBackOff": _IMAGE,
    "InvalidImageName": _IMAGE,
    "RunContainerError": _LOGS,
}
_MEMORY = "raise spec.{part}.resources.limits.memory"
_ROOM = "lower spec.{part}.resources.requests, or make room on the nodes"
_ADMISSION = (
    "fit spec.{part}.resources to what the namespace allows, or let it allow more: "
    "kubectl describe quota,limitrange -n {namespace}"
)
_BEING_MADE = ("", "ContainerCreating", "PodInitializing")
# What is said can be long, and the remedy must still fit behind it.
_MOST_CHARACTERS = 1000


@dataclass(frozen=True, slots=True)
class Trouble:
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
    def stuck(self) -> bool:
        """Whether only a person can mend it."""
        return self.remedy != ""

    def __str__(self) -> str:
        said = [self.where, self.reason, self.message[:_MOST_CHARACTERS]]
        text = ": ".join(part for part in said if part)
        return f"{text}; to mend it, {self.remedy}" if self.remedy else text


def of_pod(live: Manifest, part: str) -> Trouble | None:
    """What keeps a pod from running, if anything is known to."""
    status: Manifest = live.get("status") or {}
    return _of_containers(live, part, status) or _of_scheduling(live, part, status)


def of_rollout(live: Manifest, part: str) -> Trouble | None:
    """What keeps a Deployment from making its pods, if anything is known to."""
    conditions = conditions_of(live.get("status"))
    failure = conditions.get("ReplicaFailure", {})
    if failure.get("status") == "True":
        return _trouble(live, part, failure, _ADMISSION)
    progress = conditions.get("Progressing", {})
    if progress.get("status") == "False":
        return _trouble(live, part, progress, _LOOK)
    return None


def _of_containers(live: Manifest, part: str, status: Manifest) -> Trouble | None:
    for container in _containers(status):
        waiting = (container.get("state") or {}).get("waiting") or {}
        if waiting.get("reason", "") in _BEING_MADE:
            continue
        remedy = _PERSON_MUST_ACT.get(waiting["reason"], "")
        ended: dict[str, Any] = (container.get("lastState") or {}).get("terminated") or {}
        if remedy and ended.get("reason") == "OOMKilled":
            remedy = _MEMORY
        how = f"ended with {ended.get('reason')} ({ended.get('exitCode')})" if ended else ""
        said = ", ".join(filter(None, (waiting.get("message"), how)))
        remedy = remedy.replace("{container}", container["name"])
        return _trouble(live, part, waiting | {"message": said}, remedy)
    return None


def _containers(status: Manifest) -> Iterable[Manifest]:
    return (status.get("initContainerStatuses") or []) + (status.get("containerStatuses") or [])


def _of_scheduling(live: Manifest, part: str, status: Manifest) -> Trouble | None:
    scheduled = conditions_of(status).get("PodScheduled", {})
    if scheduled.get("status") != "False":
        return None
    return _trouble(live, part, scheduled, _ROOM)


def _trouble(live: Manifest, part: str, said: Manifest, remedy: str) -> Trouble:
    meta, kind = live["metadata"], str(live.get("kind", "Pod")).lower()
    words = {"part": part, "namespace": meta["namespace"], "name": meta["name"], "kind": kind}
    where = f"{kind} {meta['name']}"
    return Trouble(where, said["reason"], said.get("message", ""), remedy.format(**words))
