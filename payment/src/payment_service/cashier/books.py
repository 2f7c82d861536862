"""Writes down what became of each charge call: in the state, and for everyone who keeps records."""

import logging
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from time import perf_counter

from payment_service.cashier.calls import Call, ChargeRequest
from payment_service.cashier.records import CallOutcome, ChargeRecord, Recorder
from payment_service.cashier.replies import Reply
from payment_service.profile.document import Profile
from payment_service.profile.values import DuplicateMode
from payment_service.state.interface import Scope, State
from payment_service.state.records import Booking, JournalEntry
from payment_service.state.values import Earlier, Hold, Keyed

_LONG = 5.0
"""In seconds; far less than what a call takes when it begins is kept for it."""

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Environment:
    """What a charge depends on besides itself, so that tests can say it."""

    draw: Callable[[], float]
    """Gives a fresh number in [0, 1)."""
    new_id: Callable[[], str]
    now: Callable[[], float]
    """Gives the seconds since 1970."""
    can_defer: Callable[[], bool]
    """Whether one more reply can be deferred."""
    replica: str
    """The name of this process."""
    longest_decision: float
    """How many seconds a charge may take until it is decided."""


@dataclass(slots=True)
class ChargeContext:
    """One charge that is being decided."""

    call: Call
    request: ChargeRequest
    profile: Profile
    charge_id: str
    attempt: int
    earlier: Earlier | None
    """A charge alike that came shortly before."""


class Books:
    """Everything that is kept of a call, written before its caller hears of it.

    So what it was told is always on record.
    """

    def __init__(
        self, state: State, environment: Environment, recorders: Iterable[Recorder]
    ) -> None:
        self._state = state
        self._environment = environment
        # Within this process, nobody takes what a call has begun before it is away for long.
        self._shared = state.scope is not Scope.PROCESS
        self._recorders = tuple(recorders)

    def record(
        self,
        call: Call,
        outcome: CallOutcome,
        status: int | None,
        context: ChargeContext | None = None,
    ) -> ChargeRecord:
        """Begins the record of a call that has just been answered."""
        seconds = perf_counter() - call.began
        record = ChargeRecord(outcome, status, call.authenticated, call.request_id, seconds)
        if context is not None:
            request = context.request
            record.charge, record.attempt, record.key = request.charge, context.attempt, request.key
        return record

    def note(self, record: ChargeRecord) -> None:
        """Writes down a call that counts for nothing; raises StoreLostError if only elsewhere."""
        try:
            self._state.note(self._entry(record))
        finally:
            self._hand_to_recorders(record)

    def settle(self, record: ChargeRecord, reply: Reply, context: ChargeContext) -> None:
        """Writes down a counted charge, and the reply for its key; raises StoreLostError."""
        charge, entry = context.request.charge, self._entry(record)
        booking = Booking(
            context.charge_id,
            entry.time,
            charge.customer_id,
            charge.amount,
            charge.currency,
            record.outcome is CallOutcome.ACCEPTED,
            record.reason,
            record.duplicate_of,
            record.fault,
            self._environment.replica,
        )
        keyed, key, hold = None, context.request.key, None
        if key is not None:
            ttl_seconds = context.profile.idempotency.ttl_seconds
            keyed = Keyed(key, charge.fingerprint, reply.saved(), ttl_seconds)
        if self._shared or record.seconds > _LONG:
            looks = context.profile.duplicates.mode is not DuplicateMode.IGNORE
            hold = Hold(key, first=looks and context.earlier is None)
        record.is_double = self._state.settle(booking, entry, keyed, hold)
        self._hand_to_recorders(record)

    def _entry(self, record: ChargeRecord) -> JournalEntry:
        charge = record.charge
        return JournalEntry(
            self._environment.now(),
            record.request_id,
            record.outcome,
            record.status,
            None if charge is None else charge.customer_id,
            None if charge is None else charge.amount,
            None if charge is None else charge.currency,
            record.charge_id,
            record.attempt,
            record.reason,
            record.duplicate_of,
            record.fault,
            record.key,
            self._environment.replica,
        )

    def _hand_to_recorders(self, record: ChargeRecord) -> None:
        for recorder in self._recorders:
            try:
                recorder(record)
            except Exception:  # noqa: BLE001 - logged; what was booked is not undone for it
                _log.exception("failed to record a charge call")
