"""Brings a changed profile to every payment pod within seconds, without restarting any.

A kubelet refreshes a mounted ConfigMap when it next looks at the pod, which may take it more than
a minute; any change of the pod's own annotations makes it look at once.
"""

import asyncio
import itertools
import logging
from collections.abc import Callable
from dataclasses import dataclass, field

from billing_operator.apps.answers import ProfileAnswer
from billing_operator.apps.api import Apps
from billing_operator.desired import profile
from billing_operator.errors import ClusterError, NotFound, Waiting
from billing_operator.kinds import CONFIG_MAP, Key, Manifest, Ref
from billing_operator.kube.api import Cluster
from billing_operator.memory import Memories
from billing_operator.names import PROFILE_NUDGE, profile_name
from billing_operator.observed.stack import Observed, Pod
from billing_operator.profile.refusal import Refusal
from billing_operator.spec.stack import Stack

log = logging.getLogger(__name__)

# A nudge that reached the kubelet before the new ConfigMap did is lost; it is given again.
_NUDGE_SECONDS = 1.0
# A change that is under way is no news for the status until it has taken longer than this.
_USUAL_SECONDS = 5.0
_LOOK_AGAIN = 0.1
_LOOK_AGAIN_LATER = 5.0
_UNKNOWN = ProfileAnswer("")


@dataclass(slots=True)
class _Change:
    digest: str
    since: float
    nudged: float


@dataclass(slots=True)
class _Known:
    """What is known of one stack.

    Attributes:
        answers: of its payment pods, by uid.
        change: the one that is under way, if any is.
        ask_all: whether the next pass asks every pod once more, whatever it answered.
        stored: digest of what the ConfigMap was last seen to hold.
        doubted: pods, by uid, that answered by the wanted profile before the ConfigMap came to hold
            it; a kubelet may still bring them what it held in between.
        doubted_until: when every kubelet knows what it holds now.
    """

    answers: dict[str, ProfileAnswer] = field(default_factory=dict)
    ask_all: bool = False
    change: _Change | None = None
    stored: str = ""
    doubted: frozenset[str] = frozenset()
    doubted_until: float = 0.0

    def note_stored(self, stored: str, wanted: str, now: float) -> None:
        """Takes in what the ConfigMap holds now."""
        if self.stored and stored != self.stored:
            alike = (uid for uid, answer in self.answers.items() if answer.digest == wanted)
            self.doubted, self.doubted_until = frozenset(alike), now + _USUAL_SECONDS
        self.stored = stored

    def is_behind(self, pod: Pod, wanted: str) -> bool:
        """Whether a pod is not known to answer by a profile, and to go on with it."""
        return pod.uid in self.doubted or self.answers.get(pod.uid, _UNKNOWN).digest != wanted

    def note_answers(self, answers: dict[str, ProfileAnswer], wanted: str, now: float) -> None:
        """Takes in what all pods answer; whoever answers by another profile is over its doubt."""
        self.answers = answers
        alike = {uid for uid, answer in answers.items() if answer.digest == wanted}
        self.doubted = self.doubted & alike if now < self.doubted_until else frozenset()


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a profile has come.

    Attributes:
        complete: whether every ready pod answers by it.
        usual: whether it has not taken longer yet than it usually does, and no pod refuses it.
        look_again: in how many seconds to ask again; None once complete.
    """

    complete: bool
    usual: bool
    look_again: float | None


class ProfileRollout:
    """Knows which pod answers by which profile."""

    def __init__(
        self, cluster: Cluster, apps: Apps, memories: Memories, *, clock: Callable[[], float]
    ) -> None:
        self._cluster = cluster
        self._apps = apps
        self._clock = clock
        self._memories = memories
        self._nudge = itertools.count(1)

    def note_stored(self, stack: Stack, seen: Observed) -> None:
        """Takes in what the ConfigMap holds, also where that is about to be repaired."""
        known, live = self._memories.of(stack.uid, _Known), _config_map(stack, seen)
        known.note_stored(profile.stored_digest(live), profile.digest(stack), self._clock())

    async def advance(self, stack: Stack, seen: Observed) -> Progress:
        """Asks the pods that are not known to answer by the stack's profile, and nudges them."""
        pods, wanted = seen.payment_answers, profile.digest(stack)
        of_stack = self._memories.of(stack.uid, _Known)
        now, known, ask_all = self._clock(), of_stack.answers, of_stack.ask_all
        of_stack.ask_all = False
        self.note_stored(stack, seen)
        behind = [pod for pod in pods if ask_all or of_stack.is_behind(pod, wanted)]
        if behind:
            answers = await asyncio.gather(*(self._ask(stack, pod) for pod in behind))
            # Replaced whole, so that pods which have gone are forgotten.
            now_known = dict(zip((pod.uid for pod in behind), answers, strict=True))
            known = {pod.uid: now_known.get(pod.uid, known.get(pod.uid, _UNKNOWN)) for pod in pods}
            of_stack.note_answers(known, wanted, now)
            behind = [pod for pod in behind if of_stack.is_behind(pod, wanted)]
        if not behind:
            of_stack.change = None
            return Progress(complete=True, usual=True, look_again=None)
        return await self._hurry(stack, wanted, behind)

    async def refresh(self, stack: Stack, pods: tuple[Pod, ...], *, why: str) -> None:
        """Has the kubelet look at once at all that is mounted into these pods, if it can be had.

        Args:
            why: differs from one time to the next, also across starts of the operator.
        """
        ends = await asyncio.gather(
            *(self._nudge_pod(stack, pod, why) for pod in pods), return_exceptions=True
        )
        for end in ends:
            if isinstance(end, ClusterError):
                log.warning(
                    "could not wake kubelet", extra={"stack": str(stack.key), "why": end.message}
                )
            elif end is not None:
                raise end

    def in_effect(self, stack: Stack, pods: tuple[Pod, ...]) -> bool:
        """Whether every one of the pods is known to answer by the stack's profile."""
        known, wanted = self._memories.of(stack.uid, _Known), profile.digest(stack)
        return not any(known.is_behind(pod, wanted) for pod in pods)

    def refusal(self, stack: Stack, pods: tuple[Pod, ...]) -> Refusal | None:
        """What is wrong with the stack's profile by the first of the pods that refuses it."""
        known, wanted = self._memories.of(stack.uid, _Known).answers, profile.digest(stack)
        answers = ((pod.name, known.get(pod.uid, _UNKNOWN)) for pod in pods)
        refusals = (Refusal(name, of.mistakes) for name, of in answers if of.refused == wanted)
        return next(refusals, None)

    def ask_again(self) -> None:
        """Distrusts what is known, so that the next pass asks every pod once more."""
        # What they answered holds until then: a pass that is under way would take none for behind.
        for known in self._memories.each(_Known):
            known.ask_all = True

    async def _ask(self, stack: Stack, pod: Pod) -> ProfileAnswer:
        try:
            return await self._apps.profile(stack, pod)
        except Waiting:
            return _UNKNOWN

    async def _hurry(self, stack: Stack, wanted: str, behind: list[Pod]) -> Progress:
        now = self._clock()
        of_stack = self._memories.of(stack.uid, _Known)
        change = of_stack.change
        if change is None or change.digest != wanted:
            change = of_stack.change = _Change(wanted, since=now, nudged=-_NUDGE_SECONDS)
        # A pod that has read it and does not take it is not to be hurried, but to be told of.
        refused = self.refusal(stack, tuple(behind))
        usual = now - change.since < _USUAL_SECONDS and refused is None
        pause = _NUDGE_SECONDS if usual else _LOOK_AGAIN_LATER
        if not stack.suspend and now - change.nudged >= pause:
            change.nudged = now
            await asyncio.gather(*(self._nudge_pod(stack, pod, wanted[:12]) for pod in behind))
        return Progress(
            complete=False, usual=usual, look_again=_LOOK_AGAIN if usual else _LOOK_AGAIN_LATER
        )

    async def _nudge_pod(self, stack: Stack, pod: Pod, why: str) -> None:
        # The number makes it a change even where the profile is one that was there before.
        value = f"{why}.{next(self._nudge)}"
        try:
            await self._cluster.annotate_pod(Key(stack.namespace, pod.name), {PROFILE_NUDGE: value})
        except NotFound:
            return


def _config_map(stack: Stack, seen: Observed) -> Manifest | None:
    return seen.children.get(Ref(CONFIG_MAP.name, profile_name(stack.name)))
