"""Takes charge calls: limits, keys, duplicates, the decision, and everyone who keeps records."""

import math
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from functools import partial
from types import MappingProxyType

from payment_service.cashier import replies
from payment_service.cashier.books import Books, ChargeContext, Environment
from payment_service.cashier.calls import Call, ChargeRequest
from payment_service.cashier.gate import Gate, GateClosedError
from payment_service.cashier.in_flight import InFlight
from payment_service.cashier.records import CallOutcome, Reason, Recorder
from payment_service.cashier.replies import Reply, ReplyBody
from payment_service.outcome.charges import Charge
from payment_service.outcome.outcome import Outcome, OutcomeInputs, decide_outcome
from payment_service.profile.document import Limits, Profile
from payment_service.profile.values import DuplicateMode
from payment_service.state.interface import (
    Began,
    HoldLostError,
    State,
    StoreLostError,
    UnreadableKeyError,
)
from payment_service.state.values import Arrival, Earlier, SavedAnswer

DecideOutcome = Callable[[Profile, Charge, int, OutcomeInputs], Outcome]

_SOON = 1
_UNREADABLE = (
    "nothing is known about this charge: what the store has under this Idempotency-Key was written "
    "by another version of this service, so it is not charged again"
)


class Cashier:
    """Answers charge calls under the profile of the moment."""

    def __init__(
        self,
        profile: Callable[[], Profile],
        state: State,
        environment: Environment,
        recorders: Iterable[Recorder],
        *,
        decide: DecideOutcome = decide_outcome,
    ) -> None:
        self._profile = profile
        self._decide = decide
        self._state = state
        self._environment = environment
        self._books = Books(state, environment, recorders)
        self._gate = Gate()
        self._in_flight = InFlight()
        self._deferred_keys: set[str] = set()
        self._inputs = OutcomeInputs(
            environment.draw, state.hit, lambda: datetime.fromtimestamp(environment.now(), UTC)
        )

    @contextmanager
    def forgetting(self) -> Iterator[None]:
        """For who resets the state: no call is decided meanwhile, and none counts as in flight.

        Calls that come meanwhile wait. Raises GateClosedError if one does not end in time.
        """
        with self._gate.closed(self._environment.longest_decision):
            yield
            # New ones: the replies that are still on their way take leave of the old.
            self._in_flight = InFlight()
            self._deferred_keys = set()

    def await_decisions(self, within: float) -> None:
        """Waits until no call is being decided, for so many seconds at most."""
        with suppress(GateClosedError), self._gate.closed(within):
            pass

    def take(self, call: Call, request: ChargeRequest) -> Reply:
        """Decides a charge call and records it."""
        self._gate.enter()
        try:
            profile = self._profile()
            limits = profile.limits
            if limits is None:
                return self._under_key(call, request, profile)
            if (seconds := self._enter(limits)) is not None:
                message = "more charge calls than the limits of the profile let pass"
                return self.refuse(call, 429, Reason.LIMIT, message, retry_after=seconds)
            return self._counted(call, request, profile)
        except HoldLostError:
            message = "the charge took too long to decide, so it was not made"
            return self.refuse(call, 503, Reason.STORE, message, retry_after=_SOON)
        except StoreLostError as lost:
            message = f"nothing is known about this charge: {lost}"
            return self.refuse(call, 503, Reason.STORE, message, retry_after=_SOON)
        except UnreadableKeyError:
            return self.refuse(call, 503, Reason.KEY_UNREADABLE, _UNREADABLE, retry_after=_SOON)
        finally:
            self._gate.leave()

    def refuse(
        self,
        call: Call,
        status: int,
        reason: Reason,
        message: str,
        *,
        retry_after: int | None = None,
    ) -> Reply:
        """Records a charge call that is refused, so no charge, and returns what to tell."""
        record = self._books.record(call, CallOutcome.REFUSED, status)
        record.reason = reason
        with suppress(StoreLostError):
            self._books.note(record)
        return replies.refused(status, reason, message, retry_after)

    def _enter(self, limits: Limits) -> int | None:
        """Enters the call, or says in how many seconds to come again."""
        if limits.per_second is not None:
            burst = limits.burst or max(1, math.ceil(limits.per_second))
            wait = self._state.wait_seconds(limits.per_second, burst)
            if wait > 0:
                return max(limits.retry_after_seconds, math.ceil(wait))
        return None if self._in_flight.enter(limits.concurrent) else limits.retry_after_seconds

    def _counted(self, call: Call, request: ChargeRequest, profile: Profile) -> Reply:
        """A call is in flight until its reply has left."""
        in_flight = self._in_flight
        try:
            reply = self._under_key(call, request, profile)
        except BaseException:
            in_flight.leave()
            raise
        if reply.leaves_at_once:
            in_flight.leave()
            return reply
        return reply.and_then(in_flight.leave)

    def _under_key(self, call: Call, request: ChargeRequest, profile: Profile) -> Reply:
        key, charge_id = request.key, self._environment.new_id()
        if key is None:
            return self._charge(call, request, profile, charge_id)
        # The answer is on its way, though it has been kept for long.
        if key in self._deferred_keys:
            began: Began | SavedAnswer = Began.IN_FLIGHT
        else:
            began = self._state.begin(key, request.charge.fingerprint, charge_id)
        if isinstance(began, SavedAnswer):
            return self._repeat(call, request, replies.repeated(began), Reason.KEY)
        if began is Began.IN_FLIGHT:
            message = "a call with this Idempotency-Key is in flight"
            return self.refuse(call, 409, Reason.KEY_IN_FLIGHT, message, retry_after=_SOON)
        if began is Began.MISMATCH:
            message = "Idempotency-Key: it was used for another charge; take a new one"
            return self.refuse(call, 422, Reason.KEY_REUSED, message)
        try:
            reply = self._charge(call, request, profile, charge_id)
        except BaseException:
            with suppress(StoreLostError):
                self._state.forget(key, charge_id)
            raise
        if not reply.waits:
            return reply
        self._deferred_keys.add(key)
        return reply.and_then(partial(self._deferred_keys.discard, key))

    def _charge(
        self, call: Call, request: ChargeRequest, profile: Profile, charge_id: str
    ) -> Reply:
        charge = request.charge
        duplicates, mode = profile.duplicates, profile.duplicates.mode
        window = None if mode is DuplicateMode.IGNORE else duplicates.window_seconds
        attempt, earlier = self._arrive(request, charge_id, window)
        context = ChargeContext(call, request, profile, charge_id, attempt, earlier)
        try:
            if earlier is not None and mode is DuplicateMode.REPLAY:
                return self._as_before(context, earlier)
            outcome = self._decide(profile, charge, context.attempt, self._inputs)
            if outcome.waits and not self._environment.can_defer():
                return self._not_deferred(context, outcome)
            if not outcome.counted:
                return self._failed(context, outcome)
            if earlier is not None and earlier.accepted is None and window is not None:
                # It may have come to nothing meanwhile, and then this is no duplicate of it.
                context.earlier = self._state.earlier(charge, charge_id, window)
            return self._booked(context, outcome)
        except BaseException:
            with suppress(StoreLostError):
                self._withdraw(context)
            raise

    def _arrive(self, request: ChargeRequest, charge_id: str, window: float | None) -> Arrival:
        if request.attempt is None:
            return self._state.arrive(request.charge, charge_id, window)
        seen = None if window is None else self._state.earlier(request.charge, charge_id, window)
        return Arrival(request.attempt, seen)

    def _booked(self, context: ChargeContext, outcome: Outcome) -> Reply:
        reason = None if outcome.reason is None else outcome.reason.value
        before = context.earlier.charge_id if context.earlier else None
        body = ReplyBody(outcome.accepted, reason, context.charge_id, context.attempt, before)
        reply = replies.decided(body, in_full=context.request.in_full)
        if outcome.fault is not None and outcome.fault.status is not None:
            reply = replies.faulty(outcome.rule or "", outcome.fault.status)
        kind = CallOutcome.ACCEPTED if outcome.accepted else CallOutcome.DECLINED
        record = self._books.record(context.call, kind, _status(reply, outcome), context)
        record.charge_id, record.reason, record.duplicate_of = context.charge_id, reason, before
        record.first_accepted = context.earlier.accepted if context.earlier else None
        if outcome.rule is not None:
            record.name(outcome)
        self._books.settle(record, reply, context)
        return _on_its_way(reply, outcome)

    def _not_deferred(self, context: ChargeContext, outcome: Outcome) -> Reply:
        """There is no place for its reply to wait."""
        self._drop(context)
        self._give_back(context, outcome.hits)
        message = "as many replies are deferred as can be; nothing was charged"
        return self.refuse(context.call, 503, Reason.DEFERRED, message, retry_after=_SOON)

    def _failed(self, context: ChargeContext, outcome: Outcome) -> Reply:
        """A fault broke the call before the charge was begun: a retry is a new try."""
        self._drop(context)
        name, fault = outcome.rule or "", outcome.fault
        status = fault.status if fault else None
        reply = replies.refused(500, Reason.FAULT, f"{name}: a fault")
        if status is not None:
            reply = replies.faulty(name, status)
        seen = _status(reply, outcome)
        record = self._books.record(context.call, CallOutcome.FAILED, seen, context)
        record.reason = Reason.FAULT
        record.name(outcome)
        self._books.note(record)
        return _on_its_way(reply, outcome)

    def _as_before(self, context: ChargeContext, earlier: Earlier) -> Reply:
        """The guard against double charges: the answer of the first, and nothing is counted."""
        self._drop(context)
        if earlier.accepted is None:
            self._give_back(context)
            message = f"{earlier.charge_id}, a charge alike, is in flight"
            return self.refuse(context.call, 409, Reason.DUPLICATE, message, retry_after=_SOON)
        first = earlier.charge_id
        body = ReplyBody(earlier.accepted, earlier.reason, first, context.attempt, first)
        reply = replies.decided(body, in_full=context.request.in_full)
        return self._repeat(context.call, context.request, reply, Reason.DUPLICATE, earlier)

    def _repeat(
        self,
        call: Call,
        request: ChargeRequest,
        reply: Reply,
        by: Reason,
        earlier: Earlier | None = None,
    ) -> Reply:
        record = self._books.record(call, CallOutcome.REPLAYED, reply.status)
        record.charge, record.attempt, record.key = request.charge, request.attempt, request.key
        record.reason = by
        if earlier is not None:
            record.duplicate_of, record.first_accepted = earlier.charge_id, earlier.accepted
        self._books.note(record)
        return reply

    def _drop(self, context: ChargeContext) -> None:
        """Lets nothing be remembered of a charge that does not count, unless it was booked."""
        self._withdraw(context)
        if context.request.key is not None:
            self._state.forget(context.request.key, context.charge_id)

    def _withdraw(self, context: ChargeContext) -> None:
        if context.earlier is None:
            self._state.withdraw(context.request.charge, context.charge_id)

    def _give_back(
        self, context: ChargeContext, hits: Mapping[str, int] = MappingProxyType({})
    ) -> None:
        """Has a call that was refused count for no try: the next one is the same again."""
        attempt = context.attempt if context.request.attempt is None else None
        self._state.give_back(context.request.charge, attempt, hits)


def _status(reply: Reply, outcome: Outcome) -> int | None:
    """The status that the caller gets; None if it gets no answer."""
    return reply.status if outcome.fault is None or outcome.fault.is_answered else None


def _on_its_way(reply: Reply, outcome: Outcome) -> Reply:
    """Adds what becomes of the reply before the caller has it."""
    if outcome.fault is None and not outcome.delay_seconds:
        return reply
    return reply._replace(fault=outcome.fault, delay_seconds=outcome.delay_seconds)
