"""Antaeus and payment, and what each invoice was really charged: what the operator can't see.

Antaeus goes through the invoices that were pending when it was called, one charge at a time, and
goes on where its caller has gone. Its client repeats a charge silently whose connection dies.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.client import RemoteDisconnected

INVOICES = range(1, 11)
PAID_AT_START = (1, 6)
CHARGE_SECONDS = 0.5
SLOW_CHARGE_SECONDS = 20.0
DIRECT = "direct"


def now() -> float:
    """The time of the simulation."""
    return asyncio.get_running_loop().time()


def price(invoice: int) -> int:
    """What an invoice comes to."""
    return 10 * invoice


def moment(seconds: float) -> datetime:
    """A time of the simulation by the calendar."""
    return datetime(2025, 1, 1, tzinfo=UTC) + timedelta(seconds=seconds)


@dataclass(eq=False)
class Charge:
    """One charge that payment accepted.

    Attributes:
        noted: whether Antaeus had the answer, and has it as PAID.
    """

    invoice: int
    batch: "Batch"
    time: float
    noted: bool = False


@dataclass(eq=False)
class Batch:
    """What one pay call set going.

    Attributes:
        by: uid of the pod of a run, or DIRECT.
        paid_before: how many invoices were paid when it began.
    """

    process: "AntaeusProcess"
    by: str
    began: float
    task: "asyncio.Task[bool | None] | None" = None
    paid_before: int = 0
    ended: float | None = None

    @property
    def charging(self) -> bool:
        return self.ended is None


@dataclass(eq=False)
class PaymentPod:
    """One start of payment.

    Attributes:
        accepted: the invoices for which it accepted a charge.
    """

    uid: str
    alive: bool = True
    taken: int = 0
    held: int = 0
    accepted: list[int] = field(default_factory=list)
    ends: asyncio.Event = field(default_factory=asyncio.Event)


class NoAnswer(Exception):
    """The connection died before the answer."""


@dataclass(eq=False)
class Payment:
    """All pods of payment, of which a Service leads to one that is ready.

    Attributes:
        leads_to: the pods that the Service leads to now.
        declined: invoices that it declines.
        losing: how many replies are still to be lost.
    """

    leads_to: Callable[[], list[PaymentPod]]
    charges: list[Charge] = field(default_factory=list)
    declined: frozenset[int] = frozenset()
    losing: int = 0
    slow: bool = False

    async def charge(self, batch: Batch, invoice: int) -> bool:
        """Takes a charge; raises NoAnswer where none comes, or nobody is there."""
        pods = self.leads_to()
        if not pods:
            raise NoAnswer
        pod = pods[len(self.charges) % len(pods)]
        pod.taken += 1
        pod.held += 1
        try:
            return await self._decide(pod, batch, invoice)
        finally:
            pod.held -= 1

    async def _decide(self, pod: PaymentPod, batch: Batch, invoice: int) -> bool:
        seconds = SLOW_CHARGE_SECONDS if self.slow else CHARGE_SECONDS
        try:
            async with asyncio.timeout(seconds):
                await pod.ends.wait()
            raise NoAnswer
        except TimeoutError:
            pass
        if invoice in self.declined:
            return False
        charge = Charge(invoice, batch, now())
        self.charges.append(charge)
        pod.accepted.append(invoice)
        if self.losing:
            self.losing -= 1
            raise NoAnswer
        charge.noted = True
        return True


@dataclass(eq=False)
class AntaeusProcess:
    """One start of Antaeus.

    Attributes:
        paid: ids of what is PAID; of one that keeps its invoices, shared with the next.
        told: since when the operator has had an answer by which an invoice is PAID, by id.
        first_told, last_told: when it had the first answer at all, and the last.
        acknowledged: whether a person has dealt with all that it charged, and may charge yet.
    """

    payment: Payment
    paid: set[int]
    pod: str = ""
    restarts: int = 0
    alive: bool = True
    batches: list[Batch] = field(default_factory=list)
    told: dict[int, float] = field(default_factory=dict)
    first_told: float | None = None
    last_told: float = 0.0
    acknowledged: bool = False

    def invoices(self) -> list[dict[str, object]]:
        """What it answers on its invoices."""
        return [
            {
                "id": n,
                "status": "PAID" if n in self.paid else "PENDING",
                "amount": {"value": price(n), "currency": "USD"},
            }
            for n in INVOICES
        ]

    def pay(self, by: str) -> Batch:
        """Begins a batch."""
        batch = Batch(self, by, now(), paid_before=len(self.paid))
        self.batches.append(batch)
        batch.task = asyncio.get_running_loop().create_task(self._batch(batch))
        return batch

    def kill(self) -> None:
        """Ends it at once, in the middle of whatever it does."""
        self.alive = False
        for batch in self.batches:
            if batch.charging and batch.task:
                batch.task.cancel()
                batch.ended = now()

    async def _batch(self, batch: Batch) -> bool | None:
        try:
            pending = [number for number in INVOICES if number not in self.paid]
            answers = [await self._charge(batch, number) for number in pending]
            return all(answers)
        except NoAnswer:
            return None
        finally:
            batch.ended = batch.ended or now()

    async def _charge(self, batch: Batch, number: int) -> bool:
        try:
            accepted = await self.payment.charge(batch, number)
        except NoAnswer:
            # Silently once more.
            accepted = await self.payment.charge(batch, number)
        if accepted:
            self.paid.add(number)
        return accepted


async def answer_of(batch: Batch) -> tuple[int, bytes]:
    """Status and body by which a pay call ends; raises where its Antaeus ends first."""
    assert batch.task is not None
    await asyncio.wait([batch.task])
    if batch.task.cancelled() or not batch.process.alive:
        raise RemoteDisconnected("closed without an answer")
    ended = batch.task.result()
    return (500, b"") if ended is None else (200, str(ended).lower().encode())
