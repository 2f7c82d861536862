"""What the cluster has for one stack, in the terms that decisions and conditions are made of."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from billing_operator.kinds import Manifest, Ref, conditions_of, controller_of, deployment, ref
from billing_operator.names import ANTAEUS, PART_LABEL, PAYMENT, STACK_LABEL, TOKEN_ID, part_name
from billing_operator.observed import troubles
from billing_operator.observed.troubles import PodProblem

# Phases of a pod none of whose containers will ever run again.
_OVER = ("Failed", "Succeeded")


@dataclass(frozen=True, slots=True)
class Pod:
    """One pod of a stack.

    Attributes:
        mounted: whether it may have, or have had, its volumes and variables, and is not over.
        token_id: of the token that it was made to start with; only Antaeus' pods bear one.
        made: when it was, as Kubernetes writes it.
        ready_changed: when it last became ready or stopped being so, as Kubernetes writes it.
        termination_messages: what its container left where it ended, by the number of restarts
            before that.
    """

    name: str
    uid: str
    part: str
    ip: str
    running: bool
    ready: bool
    leaving: bool
    image: str
    restarts: int
    trouble: PodProblem | None
    mounted: bool = True
    token_id: str | None = None
    node: str = ""
    termination_messages: tuple[tuple[int, str], ...] = ()
    ready_changed: str | None = None
    made: str | None = None

    def may_host(self, instance: "AntaeusInstance") -> bool:
        """Whether a start of Antaeus may still be at work in it, even while it ends."""
        started_again = self.restarts > instance.restart_count
        return self.uid == instance.pod_uid and self.running and not started_again


@dataclass(frozen=True, slots=True)
class AntaeusInstance:
    """One start of Antaeus, which knows nothing of what was paid before it.

    Attributes:
        restart_count: of its container, since a restart within the pod is another instance.
    """

    pod_uid: str
    restart_count: int

    @classmethod
    def of(cls, record: Manifest | None) -> "AntaeusInstance | None":
        """The instance that a part of a status names, if it names one."""
        named = (record or {}).get("antaeusInstance") or {}
        uid, restarts = named.get("podUID"), named.get("restartCount")
        # Somebody else may have written a part of it; half a name is none.
        if not isinstance(uid, str) or not isinstance(restarts, int):
            return None
        return cls(uid, restarts)

    def as_status(self) -> Manifest:
        """The same as a status names it."""
        return {"podUID": self.pod_uid, "restartCount": self.restart_count}


@dataclass(frozen=True, slots=True)
class Rollout:
    """How far a Deployment is.

    Attributes:
        complete: every wanted pod is of the newest template and ready, and no other is left.
        progress: the same in words, while it is not.
    """

    wanted: int
    existing: int
    ready: int
    complete: bool
    progress: str
    trouble: PodProblem | None


@dataclass(frozen=True, slots=True)
class Observed:
    """Everything of one stack that its own uid owns.

    Attributes:
        absent: names of kinds that the cluster does not know.
        unowned: pods with the labels of a part that no Deployment of ours has made, or has any
            more. The part's Service leads to them all the same.
    """

    children: Mapping[Ref, Manifest]
    pods: tuple[Pod, ...]
    absent: frozenset[str] = frozenset()
    unowned: tuple[Pod, ...] = ()

    def of(self, part: str) -> tuple[Pod, ...]:
        """The pods of one service that are to stay."""
        return tuple(pod for pod in self.pods if pod.part == part and not pod.leaving)

    def all_of(self, part: str) -> tuple[Pod, ...]:
        """The pods of one service that are there, also those that end, and unowned."""
        return tuple(pod for pod in (*self.pods, *self.unowned) if pod.part == part)

    @property
    def antaeus_runs(self) -> bool:
        """Whether there is an Antaeus whose payments a restart would forget."""
        return any(pod.running for pod in self.of(ANTAEUS))

    @property
    def antaeus_instance(self) -> AntaeusInstance | None:
        """The Antaeus that answers now; None while none does, or more than one."""
        answering = [pod for pod in self.of(ANTAEUS) if pod.ready]
        answering += [pod for pod in self.unowned if pod.part == ANTAEUS and pod.running]
        if len(answering) != 1:
            return None
        return AntaeusInstance(answering[0].uid, answering[0].restarts)

    @property
    def payment_answers(self) -> tuple[Pod, ...]:
        """Payment pods that take charges."""
        return tuple(pod for pod in self.of(PAYMENT) if pod.ready)

    def unseen_pods(self, stack: str) -> str:
        """Of which parts more pods are ready than are in sight, in words; empty where of none."""
        texts = []
        for part in (ANTAEUS, PAYMENT):
            known, ready = self.rollout(stack, part), sum(pod.ready for pod in self.of(part))
            if known and known.ready > ready:
                texts.append(f"{part} has {known.ready} ready pods, and {ready} of them in sight")
        return "; ".join(texts)

    def rollout(self, stack: str, part: str) -> Rollout | None:
        """How far a part's Deployment is; None while it is not there."""
        live = self.children.get(deployment(part_name(stack, part)))
        return _rollout(live, part) if live else None


def observe(
    children: Iterable[Manifest],
    pods: Iterable[Manifest],
    absent: frozenset[str] = frozenset(),
) -> Observed:
    """Reads live objects."""
    ours: list[Pod] = []
    unowned: list[Pod] = []
    for pod in pods:
        (ours if _is_of_its_part(pod) else unowned).append(_pod(pod))
    return Observed(
        children={ref(child): child for child in children},
        pods=tuple(sorted(ours, key=_by_name)),
        absent=absent,
        unowned=tuple(sorted(unowned, key=_by_name)),
    )


def _by_name(pod: Pod) -> str:
    return pod.name


def _is_of_its_part(live: Manifest) -> bool:
    """Whether our Deployment made a pod; anyone may give a pod the same labels."""
    labels, owner = live["metadata"].get("labels") or {}, controller_of(live)
    prefix = f"{part_name(labels.get(STACK_LABEL, ''), labels.get(PART_LABEL, ''))}-"
    return owner is not None and owner["kind"] == "ReplicaSet" and owner["name"].startswith(prefix)


def _pod(live: Manifest) -> Pod:
    meta, status = live["metadata"], live.get("status") or {}
    part, conditions = (meta.get("labels") or {}).get(PART_LABEL, ""), conditions_of(status)
    return Pod(
        name=meta["name"],
        uid=meta["uid"],
        part=part,
        ip=status.get("podIP", ""),
        running=_lives(status, part),
        ready=conditions.get("Ready", {}).get("status") == "True",
        leaving="deletionTimestamp" in meta,
        image=_image(live, part),
        restarts=int(_own_status(status, part).get("restartCount", 0)),
        trouble=troubles.of_pod(live, part),
        mounted=bool(live["spec"].get("nodeName")) and status.get("phase") not in _OVER,
        token_id=(meta.get("annotations") or {}).get(TOKEN_ID),
        node=live["spec"].get("nodeName") or "",
        termination_messages=_termination_messages(_own_status(status, part)),
        made=meta.get("creationTimestamp"),
        ready_changed=conditions.get("Ready", {}).get("lastTransitionTime"),
    )


def _termination_messages(status: Manifest) -> tuple[tuple[int, str], ...]:
    """Of this start and of the one before: Kubernetes keeps no more."""
    restarts = int(status.get("restartCount", 0))
    states = ((restarts, status.get("state")), (restarts - 1, status.get("lastState")))
    ended = ((at, (state or {}).get("terminated") or {}) for at, state in states)
    return tuple((at, each["message"]) for at, each in ended if each.get("message"))


def _lives(status: Manifest, part: str) -> bool:
    """Whether the part's own process may be alive; in a crash loop it has forgotten everything."""
    state = _own_status(status, part).get("state") or {}
    return status.get("phase") == "Running" and not {"waiting", "terminated"} & set(state)


def _own_status(status: Manifest, part: str) -> Manifest:
    """Of the part's own container; a sidecar may well stand before it."""
    statuses: list[Manifest] = status.get("containerStatuses") or []
    return next((each for each in statuses if each["name"] == part), {})


def _image(live: Manifest, part: str) -> str:
    """The image of the part's own container; a sidecar may well stand before it."""
    containers = live["spec"]["containers"]
    return next((str(each["image"]) for each in containers if each["name"] == part), "")


def _rollout(live: Manifest, part: str) -> Rollout:
    status, wanted = live.get("status") or {}, live["spec"].get("replicas", 1)
    ready, newest = status.get("readyReplicas", 0), status.get("updatedReplicas", 0)
    existing = status.get("replicas", 0)
    up_to_date = status.get("observedGeneration", 0) >= live["metadata"].get("generation", 0)
    if not up_to_date or newest < wanted:
        progress = f"{newest if up_to_date else 0} of {wanted} new pods made"
    elif existing > wanted:
        progress = f"{existing - wanted} earlier pods still to leave"
    else:
        progress = f"{ready} of {wanted} pods ready"
    return Rollout(
        wanted=wanted,
        existing=existing,
        ready=ready,
        complete=up_to_date and newest == existing == ready == wanted,
        progress=progress,
        trouble=troubles.of_rollout(live, part) if up_to_date else None,
    )
