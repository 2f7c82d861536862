"""Writes the children of a stack: creates, changes and removes them, and nobody else's objects."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, field

from billing_operator.children.admission import (
    Admission,
    Answers,
    Kept,
    KeptAnswer,
    answer_to,
    kept_answer,
    kept_digest,
)
from billing_operator.children.foreign_edits import leaves_replicas, release_replicas, take_fields
from billing_operator.children.ownership import belongs_to, first_of, refuse_unless_given
from billing_operator.children.plan import Change, Plan
from billing_operator.errors import (
    REFUSAL_SECONDS,
    ClusterError,
    Conflict,
    Fault,
    Refused,
    SpecError,
    StaleCache,
)
from billing_operator.kinds import BY_NAME, OPTIONAL, Key, Manifest, Ref, key, ref
from billing_operator.kube.api import Cluster
from billing_operator.kube.cache import Inventory
from billing_operator.memory import Memories
from billing_operator.metrics import Metrics
from billing_operator.names import MANAGER
from billing_operator.spec.stack import Stack

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class _Refusal:
    """What the API server said to one question, and until when it need not be asked again."""

    question: tuple[Manifest, str | None, int]
    error: Refused
    until: float


@dataclass(slots=True)
class _Refusals:
    """What the API server refused of one stack, by child."""

    of: dict[Ref, _Refusal] = field(default_factory=dict)


class ChildWriter:
    """Keeps the inventory up with everything that it writes."""

    def __init__(
        self,
        cluster: Cluster,
        inventory: Inventory,
        metrics: Metrics,
        memories: Memories,
        *,
        clock: Callable[[], float],
    ) -> None:
        self._cluster = cluster
        self._inventory = inventory
        self._metrics = metrics
        self._clock = clock
        self._memories = memories

    async def write(
        self,
        stack: Stack,
        changes: Iterable[Change],
        known: Mapping[Ref, Manifest],
        *also: Awaitable[None],
    ) -> None:
        """Makes changes at the same time, and whatever else is to happen with them.

        Raises:
            Fault: the API server refuses, or a name is taken by somebody else's object.
            StaleCache: a child is there already, so the changes must be thought over.
        """
        tried = tuple(changes)
        ends = await asyncio.gather(
            *(self._write(stack, change.manifest, known) for change in tried),
            *also,
            return_exceptions=True,
        )
        made = [change for change, end in zip(tried, ends, strict=False) if end is None]
        if made:
            text = ", ".join(f"{ref(change.manifest)} ({change.why})" for change in made)
            log.info("applied children", extra={"stack": str(stack.key), "children": text})
        # All were tried before the first that failed ends the pass.
        if faults := [end for end in ends if isinstance(end, BaseException)]:
            raise first_of(faults)

    async def ask_admission(self, stack: Stack, plan: Plan) -> Admission:
        """What admission makes of a stack's children, once its plan has been carried out.

        What it would make of a running Antaeus only a dry run tells without any harm.
        """
        answers = self._memories.of(stack.uid, Answers)
        if plan.hold:
            # Antaeus differs by what waits, which says nothing of admission.
            return answers.summary()
        compared = plan.left | plan.names
        answers.of = {child: of for child, of in answers.of.items() if child in compared}
        if plan.kept is None:
            answers.kept = None
        elif answers.due or not answers.kept or answers.kept.digest != kept_digest(plan.kept):
            answers.kept = await self._try_out(stack, plan.kept)
        answers.due = False
        return answers.summary()

    def ask_again(self) -> None:
        """Has the next pass of each stack ask admission again: its rules may have changed."""
        for answers in self._memories.each(Answers):
            answers.due = True

    async def _try_out(self, stack: Stack, kept: Kept) -> KeptAnswer:
        try:
            return kept_answer(kept, await self._cluster.apply(kept.manifest, dry_run=True))
        except Fault as fault:
            # A stack is no worse for a question that its admission does not take.
            log.info("no dry run", extra={"stack": str(stack.key), "why": fault.message})
            return kept_answer(kept, None)

    async def read_live(self, stack: Stack, child: Ref) -> Manifest | None:
        """A child as it is now, whatever the watches have told."""
        kind, place = BY_NAME[child.kind], Key(stack.namespace, child.name)
        try:
            live = await self._cluster.read(kind, place)
        except ClusterError as error:
            if kind not in OPTIONAL or error.status != 403:
                raise
            # The write is refused as well, but not before all others are made.
            return None
        if live is None:
            self._inventory.lose(kind, place)
        return live

    async def remove(self, stack: Stack, orphan: Manifest) -> None:
        """Deletes a child that the spec does not want any more."""
        await self._cluster.delete(orphan)
        self._inventory.drop(BY_NAME[orphan["kind"]], orphan)
        self._count(orphan, "removed")
        log.info("removed", extra={"stack": str(stack.key), "child": str(ref(orphan))})

    async def _write(self, stack: Stack, manifest: Manifest, known: Mapping[Ref, Manifest]) -> None:
        name, refusals = ref(manifest), self._memories.of(stack.uid, _Refusals).of
        before = known.get(name)
        version = before["metadata"]["resourceVersion"] if before else None
        question = manifest, version, stack.generation
        refusal = refusals.get(name)
        if refusal and refusal.question == question and self._clock() < refusal.until:
            # Without the traces of earlier passes, which would pile up and hold all that they saw.
            raise refusal.error.with_traceback(None)
        refusals.pop(name, None)
        try:
            live = await (
                self._change(stack, manifest, before) if before else self._create(stack, manifest)
            )
        except Refused as error:
            until = self._clock() + REFUSAL_SECONDS
            refusals[name] = _Refusal(question, error, until)
            raise
        self._inventory.put(BY_NAME[live["kind"]], live)
        self._note_answer(stack, manifest, live)
        if live["metadata"]["resourceVersion"] != version:
            self._count(manifest, "changed" if before else "created")

    def _note_answer(self, stack: Stack, manifest: Manifest, live: Manifest) -> None:
        name, answers = ref(manifest), self._memories.of(stack.uid, Answers).of
        before, answer = answers.pop(name, None), answer_to(manifest, live)
        if answer is None:
            return
        answers[name] = answer
        if answer != before:
            about = {"stack": str(stack.key), "child": str(name), "fields": list(answer.fields)}
            log.info("changed by admission", extra=about)

    async def _create(self, stack: Stack, manifest: Manifest) -> Manifest:
        try:
            return await self._cluster.apply(manifest, new=True)
        except Conflict:
            live = await self._read(manifest)
            if live is None:
                raise
        refuse_unless_given(stack, live)
        if belongs_to(live, stack):
            self._inventory.put(BY_NAME[live["kind"]], live)
            raise StaleCache
        try:
            return await self._change(stack, manifest, live)
        except Refused as error:
            # Its owner may still change or remove it, which no watch of ours would tell.
            raise SpecError(error.reason, error.message) from error

    async def _change(self, stack: Stack, manifest: Manifest, known: Manifest) -> Manifest:
        # Names come again; the uid keeps us from another object that has taken this one.
        named = manifest["metadata"] | {"uid": known["metadata"]["uid"]}
        manifest = manifest | {"metadata": named}
        await self._release_replicas(stack, manifest)
        try:
            return await self._cluster.apply(manifest)
        except Refused:
            if not await self._make_way(stack, manifest):
                raise
        return await self._cluster.apply(manifest)

    async def _release_replicas(self, stack: Stack, manifest: Manifest) -> None:
        """Gives up fields that somebody else is to decide from now on, before they are left out."""
        if not leaves_replicas(manifest):
            return
        live = await self._read(manifest)
        managed_fields = release_replicas(manifest, live, MANAGER) if live else None
        if live is None or managed_fields is None:
            return
        refuse_unless_given(stack, live)
        await self._cluster.rewrite_field_owners(live, managed_fields)
        log.info("released field", extra={"stack": str(stack.key), "child": str(ref(manifest))})

    async def _make_way(self, stack: Stack, manifest: Manifest) -> bool:
        """Claims what others set beside a field of ours that excludes it, if that is the case."""
        live = await self._read(manifest)
        managed_fields = take_fields(manifest, live, MANAGER) if live else None
        if live is None or managed_fields is None:
            return False
        refuse_unless_given(stack, live)
        about = {"stack": str(stack.key), "child": str(ref(manifest))}
        try:
            await self._cluster.rewrite_field_owners(live, managed_fields)
        except Conflict:
            raise
        except ClusterError as error:
            # What the apply was refused for says more to a person than this.
            log.warning("not claimed", extra=about | {"why": error.message})
            return False
        log.info("claimed", extra=about)
        return True

    async def _read(self, manifest: Manifest) -> Manifest | None:
        return await self._cluster.read(BY_NAME[manifest["kind"]], key(manifest))

    def _count(self, manifest: Manifest, action: str) -> None:
        self._metrics.changes.labels(manifest["kind"], action).inc()
