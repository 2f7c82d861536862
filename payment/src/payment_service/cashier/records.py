"""What is known of one charge call once it is answered, and the log line made of it."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache

from payment_service.outcome.charges import Charge
from payment_service.outcome.outcome import Outcome


class CallOutcome(StrEnum):
    """What became of a charge call; only the first two are counted charges, with an id."""

    ACCEPTED = "accepted"
    DECLINED = "declined"
    REFUSED = "refused"
    """No charge, or not taken now: wrong input, a limit, a key in use."""
    FAILED = "failed"
    """Broken by a fault before the charge was begun."""
    REPLAYED = "replayed"
    """Answered as an earlier call was, by its key or as its duplicate."""


class Reason(StrEnum):
    """Why a call was no counted charge; a declined one has the profile's `DeclineReason`."""

    TOKEN = "Token"
    CONTENT_TYPE = "ContentType"
    CONTENT_ENCODING = "ContentEncoding"
    SIZE = "Size"
    BODY = "Body"
    ATTEMPT = "Attempt"
    KEY = "Key"
    """Of a refused call: its key is no key. Of a replayed one: by it, it was answered."""
    LIMIT = "Limit"
    KEY_IN_FLIGHT = "KeyInFlight"
    KEY_REUSED = "KeyReused"
    KEY_UNREADABLE = "KeyUnreadable"
    DUPLICATE = "Duplicate"
    """Of a refused call: the charge alike is in flight. Of a replayed one: as it was answered."""
    DEFERRED = "TooManyDeferred"
    STORE = "StoreLost"
    FAULT = "Fault"


REFUSALS = tuple(reason for reason in Reason if reason is not Reason.FAULT)
REPLAYS = (Reason.KEY, Reason.DUPLICATE)


@dataclass(slots=True)
class ChargeRecord:
    """One answered charge call."""

    outcome: CallOutcome
    status: int | None
    """None if a fault left the caller without an answer."""
    authenticated: bool
    request_id: str
    seconds: float
    """What reading and deciding took."""
    charge: Charge | None = None
    """None if it could not be read."""
    attempt: int | None = None
    charge_id: str | None = None
    reason: str | None = None
    """Why it was refused, failed or declined, or by what it was replayed."""
    fault: str | None = None
    """Name of the rule or fault by which the reply goes wrong."""
    fault_kind: str | None = None
    rule: str | None = None
    """Name of the rule that decided."""
    duplicate_of: str | None = None
    """Id of an earlier charge alike."""
    first_accepted: bool | None = None
    """Whether that one was accepted; None as long as it is not booked."""
    is_double: bool = False
    """Whether somebody was charged twice: one alike was accepted before, and this one is."""
    key: str | None = None

    def name(self, outcome: Outcome) -> None:
        """Notes which rule or fault this was."""
        if outcome.fault is None:
            self.rule = outcome.rule
        else:
            self.fault, self.fault_kind = outcome.rule, outcome.fault.kind


Recorder = Callable[[ChargeRecord], object]


class ChargeLog:
    """Writes one JSON line per charge call; the token is in none of them."""

    def __init__(
        self, write_line: Callable[[str, ChargeRecord], None], now: Callable[[], str]
    ) -> None:
        """`write_line` takes a whole line and what it is about, `now` gives the time as text."""
        self._write_line = write_line
        self._now = now

    def __call__(self, record: ChargeRecord) -> None:
        self._write_line(charge_line(record, self._now()), record)


def charge_line(record: ChargeRecord, time: str) -> str:
    """Returns a record as one line of JSON with its line feed.

    `value` is the number as it was sent, not one digit changed; `currency` is null where the
    caller could not say it, `status` where it got no answer. What is not the case, such as a
    fault, is left out.
    """
    # Put together by hand: a JSON encoder would turn `value` into another number, and takes
    # several times as long. The pieces that come from outside are encoded or were checked.
    charge = record.charge
    who = what = how_much = "null"
    if charge is not None:
        who, how_much = str(charge.customer_id), charge.value
        what = _quoted(charge.currency) if charge.currency else "null"
    charge_id = f'"{record.charge_id}"' if record.charge_id else "null"
    attempt, status = record.attempt or "null", record.status or "null"
    return (
        f'{{"time": "{time}", "event": "charge", "outcome": "{record.outcome}", '
        f'"authenticated": {"true" if record.authenticated else "false"}, '
        f'"customer_id": {who}, "currency": {what}, "value": {how_much}, '
        f'"charge_id": {charge_id}, "request_id": "{record.request_id}", '
        f'"attempt": {attempt}, "status": {status}{_rest(record)}}}\n'
    )


def _first(record: ChargeRecord) -> str | None:
    if record.duplicate_of is None:
        return None
    if record.first_accepted is None:
        return "undecided"
    return CallOutcome.ACCEPTED if record.first_accepted else CallOutcome.DECLINED


@lru_cache(maxsize=64)
def _quoted(currency: str) -> str:
    # Of these there are few.
    return json.dumps(currency)


def _rest(record: ChargeRecord) -> str:
    reason = f', "reason": "{record.reason}"' if record.reason else ""
    # Of two charges that are decided at once, it may be the first that is the double.
    reason += ', "double": true' if record.is_double else ""
    if not (record.fault or record.rule or record.duplicate_of or record.key):
        return reason
    rare = {
        "fault": record.fault,
        "rule": record.rule,
        "duplicate_of": record.duplicate_of,
        "duplicate_of_outcome": _first(record),
        "idempotency_key": record.key,
    }
    members = "".join(f', "{name}": {json.dumps(value)}' for name, value in rare.items() if value)
    return reason + members
