"""Takes a rotation of a stack's token from step to step, one write of its Secret for each."""

import asyncio
import itertools
import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime

from billing_operator.apps.api import Apps
from billing_operator.errors import Conflict, Waiting
from billing_operator.invoices.activity import Activity
from billing_operator.invoices.reset import batch_under_way
from billing_operator.invoices.sampler import Sampler
from billing_operator.kinds import BILLING_STACK, POD, Manifest
from billing_operator.kube.api import Cluster
from billing_operator.memory import Memories
from billing_operator.names import PAYMENT
from billing_operator.observed.stack import Observed, Pod, observe
from billing_operator.profile.rollout import ProfileRollout
from billing_operator.spec.stack import Stack
from billing_operator.tokens.choice import Secrets
from billing_operator.tokens.secret import (
    Step,
    TokenSecret,
    completed,
    dropped,
    promoted,
    sealed,
    staged,
    without_old,
)
from billing_operator.tokens.state import TokenState
from billing_operator.tokens.steps import (
    Action,
    Blocked,
    Facts,
    PaymentPod,
    Rotation,
    antaeus_lacks,
    due_in,
    may_seal,
    next_step,
    wanted,
)
from billing_operator.tokens.store import TokenKeeper

log = logging.getLogger(__name__)

# As with a profile: a nudge that reached the kubelet before the Secret did is given again.
_NUDGE_SECONDS = 1.0
_USUAL_SECONDS = 5.0
_LOOK_AGAIN = 0.2
_LOOK_AGAIN_LATER = 5.0
_LOOK_AGAIN_SELDOM = 30.0


@dataclass(slots=True)
class _Effort:
    """Since when a step waits, and when payment was last hurried."""

    step: Step | None
    since: float
    nudged: float


@dataclass(slots=True)
class _Known:
    """Of one stack; no effort while no rotation is wanted or under way."""

    effort: _Effort | None = None


@dataclass
class TokenRotation:
    """Knows what to ask whom before each step; what is to be done stands in the Secret.

    Attributes:
        clock: seconds that only differences are taken of.
        now: the time that Secrets bear.
        quiet_seconds: for so long nothing may move before Antaeus is restarted.
    """

    cluster: Cluster
    apps: Apps
    tokens: TokenKeeper
    profiles: ProfileRollout
    sampler: Sampler
    memories: Memories
    clock: Callable[[], float]
    now: Callable[[], datetime]
    quiet_seconds: float
    _nudges: Iterator[int] = field(default_factory=itertools.count)

    async def advance(self, stack: Stack, seen: Observed) -> Rotation | None:
        """Takes the next step if it is time for it; None while no token is known.

        Raises:
            ClusterError: the API server did not do what it was asked.
        """
        state = self.tokens.state(stack)
        if state is None:
            return None
        seals = may_seal(state, antaeus_runs=seen.antaeus_runs) and not stack.suspend
        if not (seals or state.under_way or wanted(stack, state, self.now())):
            self._known(stack).effort = None
            return Rotation(state, look_again=due_in(stack, state, self.now()))
        step = await self._next(stack, seen, state)
        if isinstance(step, Action):
            return await self._look_and_take(stack, seen, state)
        return await self._wait(stack, seen, state, step)

    def known(self, stack: Stack) -> Rotation | None:
        """How it was when the Secret was last read; None while no token is known."""
        state = self.tokens.state(stack)
        return Rotation(state) if state else None

    def _waiting_seconds(self, stack: Stack, state: TokenState) -> float:
        effort = self._known(stack).effort
        return self.clock() - effort.since if effort and effort.step == state.step else 0.0

    def _known(self, stack: Stack) -> _Known:
        return self.memories.of(stack.uid, _Known)

    async def _look_and_take(self, known: Stack, seen: Observed, state: TokenState) -> Rotation:
        """Looks at what is live, and writes if the step is right by that too."""
        again = Rotation(state, look_again=_LOOK_AGAIN)
        stack, secrets, live_pods = await self._look(known)
        if stack is None or secrets.own is None or stack.secret_ref != known.secret_ref:
            self.tokens.forget(known.uid)
            return again
        seen = replace(seen, pods=live_pods.pods, unowned=live_pods.unowned)
        # Somebody may have put another Secret in its place.
        if self.tokens.resolve(stack, secrets, seen).secret:
            return again
        own = TokenSecret.of(secrets.own)
        state = self.tokens.note(stack, own, secrets)
        step = await self._next(stack, seen, state)
        if not isinstance(step, Action):
            return await self._wait(stack, seen, state, step)
        try:
            live = await self.cluster.replace(self._changed(stack, step, own, secrets))
        except Conflict:
            return again
        state = self.tokens.note(stack, TokenSecret.of(live), replace(secrets, own=live))
        _log(stack, step, state)
        return await self._wait(stack, seen, state, None)

    async def _look(self, known: Stack) -> tuple[Stack | None, Secrets, Observed]:
        """The live stack, unless it has gone or is about to, its Secrets and its pods."""
        body, secrets, pods = await asyncio.gather(
            self.cluster.read(BILLING_STACK, known.key),
            self.tokens.read(known),
            self.cluster.list_stack(POD, known.key),
        )
        seen = observe((), pods)
        stays = body and body["metadata"]["uid"] == known.uid
        if not body or not stays or "deletionTimestamp" in body["metadata"]:
            return None, secrets, seen
        return Stack.from_body(body), secrets, seen

    def _changed(self, stack: Stack, step: Action, own: TokenSecret, secrets: Secrets) -> Manifest:
        match step:
            case Action.SEAL:
                return sealed(own, self.tokens.new_key())
            case Action.STAGE:
                return staged(own, self.tokens.new(stack, secrets))
            case Action.DROP:
                return dropped(own)
            case Action.PROMOTE:
                return promoted(own, self.now(), stack.rotate_token)
            case Action.RETIRE:
                return without_old(own)
            case Action.COMPLETE:
                return completed(own, self.now())

    async def _next(
        self, stack: Stack, seen: Observed, state: TokenState
    ) -> Action | Blocked | None:
        pods = [pod for pod in seen.pods if pod.part == PAYMENT and pod.mounted]
        if state.step is Step.PROMOTED:
            pods = []  # it is Antaeus' turn
        facts = Facts(
            payment=tuple(await asyncio.gather(*(self._ask(stack, pod) for pod in pods))),
            antaeus_lacks=antaeus_lacks(stack, seen, state.id),
            antaeus_runs=seen.antaeus_runs,
            batch=batch_under_way(stack),
            activity=await self._activity(stack, seen, state),
            quiet_seconds=self.quiet_seconds,
            waiting_seconds=self._waiting_seconds(stack, state),
            suspended=stack.suspend,
        )
        return next_step(stack, state, facts, self.now())

    async def _activity(self, stack: Stack, seen: Observed, state: TokenState) -> Activity | None:
        """Who may be paying, as far as that matters; nobody does where no Antaeus runs."""
        if state.step is not Step.STAGED or not seen.antaeus_runs:
            return None
        return await self.sampler.sample(stack, seen)

    async def _ask(self, stack: Stack, pod: Pod) -> PaymentPod:
        if not pod.ip:
            return PaymentPod(pod.name, answers=False, accepted=None)
        try:
            answer = await self.apps.profile(stack, pod)
        except Waiting:
            return PaymentPod(pod.name, answers=False, accepted=None)
        return PaymentPod(pod.name, answers=True, accepted=answer.accepted)

    async def _wait(
        self, stack: Stack, seen: Observed, state: TokenState, wait: Blocked | None
    ) -> Rotation:
        """Hurries payment, if it is payment that is waited for, and says when to look again."""
        now, known = self.clock(), self._known(stack)
        effort = known.effort
        if effort is None or effort.step != state.step:
            effort = known.effort = _Effort(state.step, now, now - _NUDGE_SECONDS)
        usual = now - effort.since < _USUAL_SECONDS
        pause = _NUDGE_SECONDS if usual else _LOOK_AGAIN_LATER
        of_payment = state.step in (Step.STAGED, Step.RETIRING)
        if of_payment and not stack.suspend and now - effort.nudged >= pause:
            effort.nudged = now
            why = f"{state.other_id or state.id}-{next(self._nudges)}"
            await self.profiles.refresh(stack, seen.of(PAYMENT), why=why)
        later = _LOOK_AGAIN_SELDOM if wait and wait.remedy else _LOOK_AGAIN_LATER
        return Rotation(state, wait, _LOOK_AGAIN if usual else later)


def _log(stack: Stack, step: Action, state: TokenState) -> None:
    if step is Action.SEAL:
        log.info("token digest", extra={"stack": str(stack.key)})
    else:
        written = state.step or "Complete"
        log.info("token rotation step", extra={"stack": str(stack.key), "step": written})
