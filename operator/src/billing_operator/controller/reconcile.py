"""Makes one stack what its spec says: read, plan, apply, judge. The only orchestration."""

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from billing_operator.children.admission import Admission, Answers
from billing_operator.children.ownership import belongs_to, refuse_all_unless_given
from billing_operator.children.plan import Plan, Restraints, decide
from billing_operator.children.restart_hold import restart_hold, seconds_held
from billing_operator.controller.lost_status import LostStatus
from billing_operator.controller.parts import Dependencies
from billing_operator.controller.queue import Next, after
from billing_operator.controller.status_writer import StatusWriter
from billing_operator.errors import Fault, NamespaceLeaving, StaleCache, Waiting
from billing_operator.inputs import Installation, Token
from billing_operator.kinds import BILLING_STACK, BY_NAME, POD, Key, Manifest, Ref
from billing_operator.kube.live import look_at_pods
from billing_operator.names import TOKEN_KEY, token_secret_name
from billing_operator.observed.stack import Observed, observe
from billing_operator.profile.rollout import Progress
from billing_operator.reasons import Reason
from billing_operator.runs.context import ObservedRuns
from billing_operator.spec.stack import Stack
from billing_operator.status.judge import Judge, judge
from billing_operator.status.readiness import Findings
from billing_operator.tokens.choice import Secrets
from billing_operator.tokens.steps import Rotation, sooner
from billing_operator.tokens.store import ResolvedToken

log = logging.getLogger(__name__)

# More than once in one pass, a child may be found that seemed to be missing.
_MOST_ROUNDS = 5
_AT_ONCE = 0.0
_NOTHING_PLANNED = Plan(groups=(), orphans=(), pending_update=None)
_NOT_ASKED = Progress(complete=False, usual=False, look_again=None)


@dataclass(slots=True)
class _Pass:
    """What one pass has found out so far."""

    stack: Stack
    begun: bool = False
    resolved: ResolvedToken | None = None
    fault: Fault | None = None
    plan: Plan = _NOTHING_PLANNED
    admission: Admission | None = None
    pending_changes: frozenset[Ref] = frozenset()
    progress: Progress = _NOT_ASKED
    rotation: Rotation | None = None
    unremoved: Fault | None = None
    incomplete: bool = False


class _Gone(Exception):
    """The stack is deleted, or on its way out: Kubernetes cleans up, we stand aside."""


def utc_now() -> datetime:
    """The time that conditions carry."""
    return datetime.now(UTC)


class Reconciler:
    """Looks at one stack and does what is missing; safe to stop anywhere and to repeat."""

    def __init__(
        self,
        dependencies: Dependencies,
        installation: Installation,
        *,
        now: Callable[[], datetime] = utc_now,
        judge: Judge = judge,
    ) -> None:
        self._dependencies = dependencies
        self._installation = installation
        self._now = now
        self._status_writer = StatusWriter(dependencies, installation, now=now, judge=judge)
        self._lost_status = LostStatus(dependencies.memories)
        self._observed_cache: dict[Key, tuple[tuple[str, int], Observed]] = {}

    async def __call__(self, place: Key) -> Next:
        """One pass; returns when to look again."""
        try:
            return await self._pass(place)
        finally:
            self._observed_cache.pop(place, None)

    async def _pass(self, place: Key) -> Next:
        body = self._dependencies.inventory.stack(place)
        if body is None or _leaving(body):
            return None
        current = _Pass(Stack.from_body(body))
        try:
            await self._bring_about(current)
        except (_Gone, NamespaceLeaving):
            return None
        except Fault as fault:
            current.fault, current.incomplete = fault, True
            log.info("reconcile incomplete", extra={"stack": str(place), "why": fault.message})
        return await self._report(current)

    async def _bring_about(self, current: _Pass) -> None:
        self._dependencies.profiles.note_stored(current.stack, self._seen(current.stack))
        await self._write_children(current)
        stack, seen = current.stack, self._seen(current.stack)
        current.progress = await self._dependencies.profiles.advance(stack, seen)
        current.rotation = await self._dependencies.rotation.advance(stack, seen)
        current.admission = await self._dependencies.writer.ask_admission(stack, current.plan)
        current.fault = self._dependencies.tokens.complaint(current.stack) or current.unremoved
        if seen.unseen_pods(stack.name):
            await look_at_pods(self._dependencies.cluster, self._dependencies.inventory, stack.key)

    async def _write_children(self, current: _Pass) -> None:
        look = not self._is_new(current.stack)
        for _ in range(_MOST_ROUNDS):
            current.resolved = None
            current.plan = await self._plan(current) if look else self._first_plan(current)
            # As the live stack has it, which may be news.
            if current.stack.suspend:
                current.pending_changes = current.plan.targets
                return
            try:
                await self._carry_out(current, current.plan)
            except StaleCache:
                # Now in sight: a round knows at least one child more than the one before.
                look = True
                continue
            current.begun = not look
            if current.begun:
                self._lost_status.note_made(current.stack)
            return
        raise Waiting(
            Reason.CONCURRENT_WRITER, "somebody else makes children of this name", seconds=1.0
        )

    def _is_new(self, stack: Stack) -> bool:
        return not (stack.status or stack.secret_ref or self._seen(stack).children)

    def _first_plan(self, current: _Pass) -> Plan:
        """What a new stack needs: all of it is created or refused, so nothing need be read."""
        current.resolved = self._dependencies.tokens.resolve(
            current.stack, Secrets(), self._seen(current.stack)
        )
        return self._decide(current.stack, current.resolved.token)

    async def _plan(self, current: _Pass) -> Plan:
        """What to write, if anything, by what the watches told; then again by what is live."""
        token = await self._known_token(current.stack)
        plan = self._decide(current.stack, token or _any_token(current.stack))
        if token and not plan.writes:
            current.resolved = ResolvedToken(token)
            return plan
        looked_at: set[Ref] = set()
        while True:
            current.resolved = await self._look_closely(current, plan)
            looked_at |= plan.names
            plan = self._decide(current.stack, current.resolved.token)
            # The live stack may want what the known one did not: nothing is written unseen.
            if plan.names <= looked_at:
                return plan

    def _decide(self, stack: Stack, token: Token) -> Plan:
        seen = self._seen(stack)
        # To a suspended stack it is told what is not done, and nothing is.
        lost = self._lost_status.is_lost(stack, seen)
        hold = None if stack.suspend else restart_hold(stack, seen, self._now(), status_lost=lost)
        restraints = Restraints(hold, self._dependencies.memories.of(stack.uid, Answers))
        return decide(stack, seen, token, self._installation, restraints)

    async def _known_token(self, stack: Stack) -> Token | None:
        """The token as lately read; at rest its Secret is the one thing that is read again."""
        tokens = self._dependencies.tokens
        recent, last = tokens.remembered(stack), tokens.last(stack)
        if recent or last is None or self._decide(stack, last).writes:
            return recent
        return await tokens.read_again(stack, self._seen(stack))

    async def _look_closely(self, current: _Pass, guess: Plan) -> ResolvedToken:
        """Reads live what a write depends on: a watch may lag, and a restart costs money."""
        dependencies, stack = self._dependencies, current.stack
        cluster, inventory = dependencies.cluster, dependencies.inventory
        body, secrets, pods, children = await asyncio.gather(
            cluster.read(BILLING_STACK, stack.key),
            dependencies.tokens.read(stack),
            cluster.list_stack(POD, stack.key),
            asyncio.gather(*(dependencies.writer.read_live(stack, each) for each in guess.names)),
        )
        if body is None or body["metadata"]["uid"] != stack.uid or _leaving(body):
            raise _Gone
        inventory.put(BILLING_STACK, body)
        for pod in pods:
            inventory.put(POD, pod)
        current.stack = Stack.from_body(body)
        lives = [live for live in children if live]
        refuse_all_unless_given(current.stack, lives)
        for live in lives:
            inventory.put(BY_NAME[live["kind"]], live)
        if current.stack.secret_ref != stack.secret_ref:
            secrets = await dependencies.tokens.read(current.stack)
        return dependencies.tokens.resolve(current.stack, secrets, self._seen(current.stack))

    async def _carry_out(self, current: _Pass, plan: Plan) -> None:
        stack, dependencies = current.stack, self._dependencies
        known = self._seen(stack).children
        # The token is there before the pods, which are in the last group.
        new = current.resolved if current.resolved and current.resolved.secret else None
        first = [self._make_token(current, new)] if new else []
        for group in plan.groups:
            await dependencies.writer.write(stack, group, known, *first)
            first = []
        for orphan in plan.orphans:
            try:
                await dependencies.writer.remove(stack, orphan)
            except Fault as fault:
                # That it stays ends nothing else.
                current.unremoved = fault
        if new:
            # Payment would refuse it until the kubelet comes by on its own, after a minute.
            pods = self._seen(stack).payment_answers
            await dependencies.profiles.refresh(stack, pods, why=str(new.token.id))

    async def _make_token(self, current: _Pass, resolved: ResolvedToken) -> None:
        await self._dependencies.tokens.write(current.stack, resolved)
        current.resolved = ResolvedToken(resolved.token)

    async def _report(self, current: _Pass) -> Next:
        stack, seen = current.stack, self._seen(current.stack)
        fault, progress = current.fault, current.progress
        if current.begun:
            return 0.0  # other new stacks' children come before what there is to say of this one
        if fault is None and not progress.complete and progress.usual and stack.status:
            # On its way and soon over: one status when it has arrived says more than two.
            return progress.look_again
        runs = await self._dependencies.runs.look(stack, seen)
        # What is judged together is of one moment, and no pod older than the runs and readings.
        before, seen = seen, self._seen(stack)
        try:
            findings = self._findings(current, seen, runs)
            if not await self._status_writer.write(stack, findings):
                return _AT_ONCE
        except Fault as refused:
            log.warning("no status", extra={"stack": str(stack.key), "why": refused.message})
            return after(refused)
        then = await self._dependencies.runs.carry_out(stack.key, seen, runs, self._now())
        fault = fault or (then if isinstance(then, Fault) else None)
        if fault:
            return after(fault)
        stored = self._dependencies.inventory.stack(stack.key)
        held = seconds_held(stored, seen, self._now()) if current.plan.hold else None
        # Of what was only seen now, the first half of the pass knew nothing, and no watch tells it.
        news = None if seen is before else _AT_ONCE
        times = sooner(progress.look_again, current.rotation), then, news, held
        return min((when for when in times if isinstance(when, float)), default=None)

    def _findings(self, current: _Pass, seen: Observed, runs: ObservedRuns | None) -> Findings:
        stack, resolved, dependencies = current.stack, current.resolved, self._dependencies
        return Findings(
            seen=seen,
            runs=runs,
            # A Secret that is yet to be made is nothing to tell of, nor a request that was met.
            token=resolved.token if resolved and resolved.secret is None else None,
            fault=current.fault,
            incomplete=current.incomplete,
            status_lost=self._lost_status.is_lost(stack, seen),
            profile_in_effect=dependencies.profiles.in_effect(stack, seen.payment_answers),
            refusal=dependencies.profiles.refusal(stack, seen.payment_answers),
            reading=dependencies.readings.last(stack.uid),
            unread=dependencies.readings.fault(stack.uid),
            pending_update=current.plan.pending_update,
            admission=current.admission,
            pending_changes=current.pending_changes,
            held=current.plan.pending_update if current.plan.hold else None,
            rotation=current.rotation or dependencies.rotation.known(stack),
        )

    def _seen(self, stack: Stack) -> Observed:
        inventory = self._dependencies.inventory
        known = (stack.uid, inventory.revision(stack.key))
        if self._observed_cache.get(stack.key, (None,))[0] != known:
            children = [live for live in inventory.children(stack.key) if belongs_to(live, stack)]
            observed = observe(children, inventory.pods(stack.key), inventory.absent)
            self._observed_cache[stack.key] = known, observed
        return self._observed_cache[stack.key][1]


def _leaving(body: Manifest) -> bool:
    return "deletionTimestamp" in body["metadata"]


def _any_token(stack: Stack) -> Token:
    """Stands for a token not yet read, where only the names of children matter."""
    return Token(token_secret_name(stack.name), TOKEN_KEY, id=None, generated=True)
