"""A controller over a cluster in memory, whose passes are only written down."""

import asyncio

from billing_operator.controller.controller import Controller
from billing_operator.controller.queue import Next
from billing_operator.kinds import Key, Kind, Manifest
from billing_operator.settings import Settings
from support.operator.in_memory import OperatorInMemory


class ControllerScene:
    """A controller whose reconciles are only written down."""

    def __init__(self, operator: OperatorInMemory) -> None:
        self.operator = operator
        self.passes: list[Key] = []
        self.again: Next = None
        settings = Settings(
            antaeus_image="a",
            payment_image="p",
            operator_image="o",
            operator_namespace="billing-system",
            resync_seconds=300.0,
            invoices_seconds=10.0,
        )
        self.controller = Controller(
            operator.dependencies, settings, operator.metrics, reconcile=self.reconcile
        )

    async def reconcile(self, place: Key) -> Next:
        """Takes the place of the reconciler."""
        self.passes.append(place)
        return self.again

    def last_invoice_read(self) -> float | None:
        """What the metric tells of the stack; None where it tells nothing."""
        name = "billing_operator_last_invoice_read_timestamp_seconds"
        of_shop = {"namespace": "payments", "stack": "shop"}
        return self.operator.metrics.registry.get_sample_value(name, of_shop)

    async def passes_within(self, seconds: float) -> list[Key]:
        """Passes from now on, for so long."""
        self.passes.clear()
        await asyncio.sleep(seconds)
        return self.passes[:]

    def tell(self, kind: Kind, live: Manifest, *, deleted: bool = False) -> None:
        """Has a watch tell of an object."""
        self.controller.on_watch_event(kind, live, deleted=deleted)


async def started(*objects: dict[str, object]) -> ControllerScene:
    """One that has listed everything."""
    scene = ControllerScene(OperatorInMemory(*objects))
    await scene.controller.start()
    await asyncio.sleep(0.1)
    return scene
