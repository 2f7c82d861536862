"""One simulation: a list of what happens and how long after each the next does, and its end."""

import asyncio
import logging
from collections import Counter
from collections.abc import Sequence

from billing_operator.reasons import WaitReason
from support.operator.fake_time import FakeTimeLoop
from unit.billing_operator.model.antaeus import now
from unit.billing_operator.model.happenings import Happenings
from unit.billing_operator.model.operator_process import QUIET_SECONDS
from unit.billing_operator.model.rules import Rules
from unit.billing_operator.model.run_process import LEAVE_SECONDS
from unit.billing_operator.model.truth import Violation
from unit.billing_operator.model.world import World

Step = tuple[str, float]
_LONGEST_WAIT = 900.0
_RUN_SECONDS = 40.0
_REST_SECONDS = 60.0
# What only a person can deal with.
_FOR_A_PERSON = (WaitReason.INVOICES_RESET, WaitReason.STATUS_LOST, WaitReason.NO_CRON_JOB)


class _Failures(logging.Handler):
    """Keeps what the operator logs where a pass fails in a way that nobody thought of."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.found: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        if record.exc_info and record.exc_info[1]:
            self.found.append(repr(record.exc_info[1]))


class Simulation:
    """Of one stack, whose Antaeus is of some kind."""

    def __init__(self, kind: str) -> None:
        self.world = World(kind)
        self.rules = Rules(self.world)
        self.happenings = Happenings(self.world, self.rules)
        self.failures = _Failures()

    async def run(self, steps: Sequence[Step]) -> None:
        """Raises Violation where a rule does not hold, then or at the end."""
        queue = logging.getLogger("billing_operator.controller.queue")
        queue.addHandler(self.failures)
        try:
            await self.world.begin()
            self.rules.attach()
            for what, pause in steps:
                self.happenings.happen(what)
                await self._pass(pause)
            await self._end()
        finally:
            queue.removeHandler(self.failures)
            await self.world.close()

    async def _pass(self, seconds: float) -> None:
        end = now() + seconds
        while True:
            await asyncio.sleep(min(1.0, max(0.0, end - now())))
            self.rules.check()
            if self.failures.found:
                raise Violation(f"a pass failed: {self.failures.found[0]}")
            if now() >= end:
                return

    async def _end(self) -> None:
        """Nothing more happens: all comes to rest, and a run that is made then succeeds."""
        self._heal()
        await self._until_over()
        if self.world.billing.get("waiting", {}).get("reason") not in (
            None,
            *_FOR_A_PERSON,
        ):
            raise Violation(f"a run waits for ever: {self.world.billing['waiting']}")
        # What waited for the first may restart Antaeus, which then is to be dealt with as well.
        for what in ("acknowledge reset", "acknowledge past", "acknowledge reset"):
            self.happenings.happen(what)
            await self._until_over()
        for name in self.rules.lost_silently():
            raise Violation(f"{name} was lost silently")
        self.happenings.happen("make run")
        uid = self.rules.made[f"run-{self.happenings.numbers}"]
        await self._pass(_RUN_SECONDS)
        last = self.world.billing.get("lastRun") or {}
        if (last.get("uid"), last.get("outcome")) != (uid, "Succeeded"):
            raise Violation(f"the last run did not succeed: {self.world.billing}")
        writes = len(self.world.server.writes)
        await self._pass(_REST_SECONDS)
        if new := self.world.server.writes[writes:]:
            raise Violation(f"written at rest: {new}")

    def _heal(self) -> None:
        world = self.world
        for what in ("answer", "fast payment", "decline none", "payment again", "resume stack"):
            self.happenings.happen(what)
        for what in ("wake", "fast kubelet", "operator comes"):
            self.happenings.happen(what)
        world.payment.losing, world.pinned = 0, None
        if world.operator:
            world.operator.client.faults.clear()
            world.operator.client.faults_of.clear()

    async def _until_over(self) -> None:
        """Until nothing is under way; that may take a resync and the longest waits."""
        end = now() + _LONGEST_WAIT + LEAVE_SECONDS + QUIET_SECONDS
        calm = 0
        while now() < end and calm < 20:
            await self._pass(2.0)
            calm = calm + 1 if self._is_over() and now() > self.rules.calm_from else 0
        if not self._is_over():
            raise Violation(f"it does not come to rest: {self.world.billing}")

    def _is_over(self) -> bool:
        billing = self.world.billing
        open_ = [name for name in ("running", "unresolvedRun", "unmanagedRun") if billing.get(name)]
        waits = (billing.get("waiting") or {}).get("reason")
        known = self.world.condition("InvoicesReset") != "Unknown"
        return known and not open_ and waits in (None, *_FOR_A_PERSON)


def simulate(kind: str, steps: Sequence[Step]) -> "Counter[str]":
    """Runs one; raises Violation, and returns what was passed over by name."""
    with asyncio.Runner(loop_factory=FakeTimeLoop) as runner:

        async def main() -> Counter[str]:
            simulation = Simulation(kind)
            await simulation.run(steps)
            simulation.rules.gaps["runs that paid"] = simulation.rules.runs_paid
            return simulation.rules.gaps

        return runner.run(main())
