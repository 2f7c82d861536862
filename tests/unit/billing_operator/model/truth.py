"""What really goes on and was really charged, of which the operator sees a part, late."""

from dataclasses import dataclass, field

from unit.billing_operator.model.antaeus import AntaeusProcess, Batch, Charge, now
from unit.billing_operator.model.world import World


class Violation(AssertionError):
    """A rule does not hold."""


@dataclass(eq=False)
class Truth:
    """Looks on.

    Attributes:
        found: rules that did not hold.
        allowed: when pods had leave to pay, and with what count, by uid.
    """

    world: World
    found: list[str] = field(default_factory=list)
    allowed: dict[str, tuple[float, int]] = field(default_factory=dict)

    def batches(self) -> list[Batch]:
        """Those that go on."""
        return [
            batch
            for process in self.world.processes
            if process.alive
            for batch in process.batches
            if batch.charging
        ]

    def lost(self, process: AntaeusProcess, *, noted: bool = True) -> list[Charge]:
        """What was charged with success and would be charged again by this Antaeus.

        Args:
            noted: whether only what the one before had as paid is asked for.
        """
        return [
            charge
            for charge in self.world.payment.charges
            if (charge.noted or not noted)
            and charge.batch.process is not process
            and charge.invoice not in process.paid
            and not charge.batch.process.acknowledged
        ]

    def shows(self, batch: Batch, seconds: float) -> bool:
        """Whether the operator has known of a direct batch for so long, if it looks."""
        mine = (c for c in self.world.payment.charges if c.batch is batch)
        told = (batch.process.told.get(charge.invoice) for charge in mine)
        return any(at is not None and at <= now() - seconds for at in told)

    def goes_on(self, pod_uid: str | None) -> bool:
        """Whether the batch of a run goes on, or may still begin."""
        for run in self.world.runs:
            if run.uid == pod_uid:
                if run.batch:
                    return run.batch.charging and run.batch.process.alive
                return run.uid in self.allowed and run.outcome is None and run.ended is None
        return False

    def violated(self, what: str) -> None:
        """Takes in that a rule does not hold."""
        self.found.append(f"{what} (at {now():.1f} s)")
