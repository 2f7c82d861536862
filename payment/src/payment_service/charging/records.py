"""What is known of one charge call once it is answered, and the log line made of it.

A record goes to every recorder (today the log and the metrics), so a journal or a ledger is one
more recorder, and no route changes for it.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass

from payment_service.charging.charges import Charge


@dataclass(slots=True)
class ChargeRecord:
    """One answered charge call.

    `outcome` is `accepted`, `declined` or `refused`; only the first two are counted charges, with
    a `charge_id`. `reason` says why it was refused. `charge` and `attempt` are None as long as
    they could not be read. `seconds` is what reading and deciding took.
    """

    outcome: str
    status: int
    authenticated: bool
    request_id: str
    seconds: float
    charge: Charge | None = None
    attempt: int | None = None
    charge_id: str | None = None
    reason: str | None = None


Recorder = Callable[[ChargeRecord], object]


class ChargeLog:
    """Writes one JSON line per charge call; the token is in none of them."""

    def __init__(self, write_line: Callable[[str], None], now: Callable[[], str]) -> None:
        """`write_line` takes a whole line, `now` gives the time as text."""
        self._write_line = write_line
        self._now = now

    def __call__(self, record: ChargeRecord) -> None:
        self._write_line(charge_line(record, self._now()))


def charge_line(record: ChargeRecord, time: str) -> str:
    """Returns a record as one line of JSON with its line feed.

    `value` is the number as it was sent, not one digit changed; `currency` is null where the
    caller could not say it.
    """
    # Put together by hand: a JSON encoder would turn `value` into another number, and takes
    # several times as long. The pieces that come from outside are encoded or were checked.
    charge = record.charge
    who = what = how_much = "null"
    if charge is not None:
        who, how_much = str(charge.customer_id), charge.value
        what = json.dumps(charge.currency) if charge.currency else "null"
    charge_id = f'"{record.charge_id}"' if record.charge_id else "null"
    reason = f', "reason": "{record.reason}"' if record.reason else ""
    return (
        f'{{"time": "{time}", "event": "charge", "outcome": "{record.outcome}", '
        f'"authenticated": {"true" if record.authenticated else "false"}, '
        f'"customer_id": {who}, "currency": {what}, "value": {how_much}, '
        f'"charge_id": {charge_id}, "request_id": "{record.request_id}", '
        f'"attempt": {record.attempt or "null"}, "status": {record.status}{reason}}}\n'
    )
