"""Stores what a stack was judged to be, and tells what is new of it."""

from collections.abc import Callable
from datetime import datetime

from billing_operator.controller.parts import Dependencies
from billing_operator.errors import Conflict
from billing_operator.inputs import Installation
from billing_operator.kinds import BILLING_STACK
from billing_operator.runs.audit import audit
from billing_operator.spec.stack import Stack
from billing_operator.status.events import events_for_change, run_events_for_change
from billing_operator.status.judge import Judge
from billing_operator.status.readiness import Findings


class StatusWriter:
    """Writes the status of the very stack that was judged, and of no later one."""

    def __init__(
        self,
        dependencies: Dependencies,
        installation: Installation,
        *,
        now: Callable[[], datetime],
        judge: Judge,
    ) -> None:
        self._dependencies = dependencies
        self._installation = installation
        self._now = now
        self._judge = judge

    async def write(self, stack: Stack, findings: Findings) -> bool:
        """Judges a stack and stores its status where that is new.

        Returns false where the stack changed while it was judged: it is known as it is now, and is
        to be looked at again. Raises Fault where the API server refuses.
        """
        status = self._judge(stack, findings, self._installation, now=self._now())
        if not self._is_known(stack):
            return True
        dependencies = self._dependencies
        dependencies.metrics.tell(stack.key, status)
        dependencies.run_metrics.tell(stack.key, status)
        if status == stack.status:
            return True
        try:
            live = await dependencies.cluster.apply_status(stack.as_read, status)
        except Conflict:
            await self._read_again(stack)
            return False
        if not self._is_known(stack):
            return True
        dependencies.inventory.put(BILLING_STACK, live)
        dependencies.run_metrics.count(stack.key, stack.status, status)
        audit(stack.key, stack.status, status)
        events = events_for_change(stack.status, status) + run_events_for_change(
            stack.status, status
        )
        await dependencies.events.record(stack, events)
        return True

    async def _read_again(self, stack: Stack) -> None:
        body = await self._dependencies.cluster.read(BILLING_STACK, stack.key)
        if body is not None and self._is_known(stack):
            self._dependencies.inventory.put(BILLING_STACK, body)

    def _is_known(self, stack: Stack) -> bool:
        """Whether it has not gone meanwhile; then nothing of it must be remembered."""
        return self._dependencies.inventory.stack(stack.key) is not None
