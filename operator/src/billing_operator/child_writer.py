"""Writes the children of a stack: creates, changes and removes them, and nobody else's objects."""

import logging

from billing_operator.cluster import Cluster
from billing_operator.errors import Conflict, SpecError
from billing_operator.inventory import Inventory
from billing_operator.kinds import BY_NAME, Manifest, key, ref
from billing_operator.metrics import Metrics
from billing_operator.names import MANAGER
from billing_operator.ownership import owned_by, refuse_unless_given
from billing_operator.plan import Change
from billing_operator.spec import Stack
from billing_operator.takeover import claim

log = logging.getLogger(__name__)


class OutOfSight(Exception):
    """A child was there that seemed to be missing; it is known now, and the plan is not for it."""


class ChildWriter:
    """Keeps the inventory up with everything that it writes."""

    def __init__(self, cluster: Cluster, inventory: Inventory, metrics: Metrics) -> None:
        self._cluster = cluster
        self._inventory = inventory
        self._metrics = metrics

    async def write(self, stack: Stack, change: Change, known: Manifest | None) -> None:
        """Creates a child, or changes the one that is known.

        Raises:
            Fault: the API server refuses, or the name is taken by somebody else's object.
            OutOfSight: the child is there already, so the change must be thought over.
        """
        manifest = change.manifest
        live = await (
            self._change(stack, manifest, known) if known else self._create(stack, manifest)
        )
        self._inventory.put(BY_NAME[live["kind"]], live)
        self._note(stack, manifest, "changed" if known else "created", change.why)

    async def remove(self, stack: Stack, stray: Manifest) -> None:
        """Deletes a child that the spec does not want any more."""
        await self._cluster.delete(stray)
        self._inventory.drop(BY_NAME[stray["kind"]], stray)
        self._note(stack, stray, "removed", "not wanted any more")

    async def _create(self, stack: Stack, manifest: Manifest) -> Manifest:
        try:
            return await self._cluster.apply(manifest, new=True)
        except Conflict:
            live = await self._read(manifest)
            if live is None:
                raise
        refuse_unless_given(stack, live)
        if owned_by(live, stack.uid):
            self._inventory.put(BY_NAME[live["kind"]], live)
            raise OutOfSight
        return await self._change(stack, manifest, live)

    async def _change(self, stack: Stack, manifest: Manifest, known: Manifest) -> Manifest:
        # Names come again; the uid keeps us from another object that has taken this one.
        named = manifest["metadata"] | {"uid": known["metadata"]["uid"]}
        manifest = manifest | {"metadata": named}
        try:
            return await self._cluster.apply(manifest)
        except SpecError:
            if not await self._make_way(stack, manifest):
                raise
        return await self._cluster.apply(manifest)

    async def _make_way(self, stack: Stack, manifest: Manifest) -> bool:
        """Claims what others set beside a field of ours that excludes it, if that is the case."""
        live = await self._read(manifest)
        managed_fields = claim(manifest, live, MANAGER) if live else None
        if live is None or managed_fields is None:
            return False
        refuse_unless_given(stack, live)
        await self._cluster.hand_over(live, managed_fields)
        self._note(stack, manifest, "claimed", "a field beside ours excludes it")
        return True

    async def _read(self, manifest: Manifest) -> Manifest | None:
        return await self._cluster.read(BY_NAME[manifest["kind"]], key(manifest))

    def _note(self, stack: Stack, manifest: Manifest, action: str, why: str) -> None:
        self._metrics.changes.labels(manifest["kind"], action).inc()
        log.info(action, extra={"stack": str(stack.key), "child": str(ref(manifest)), "why": why})
