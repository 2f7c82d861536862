"""What this process has accepted since it started, by currency: exact, and told after its end.

It goes to a file as well, before the caller hears of a charge. Where that file is its container's
termination message, Kubernetes reports it however the process ends.
"""

import errno
import json
import os
import threading
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

from payment_service.cashier.records import CallOutcome, ChargeRecord
from payment_service.state.ledger import EXACTLY
from payment_service.text.currencies import KNOWN
from payment_service.text.mistakes import MistakesError

MOST_CURRENCIES = 24
"""How many currencies are told one by one: codes of ISO 4217, the first that come."""
OTHER = "other"
"""Stands for any other currency, and for amounts that are too long: such charges are counted, and
their sum is 0."""
MOST_WHOLE_DIGITS = 18
"""Before the point of an amount that is added up; far more than any invoice has."""
MOST_PLACES = 12
"""Behind it. So no charge makes a sum too long for those that come after it."""
LONGEST_SUM = 40
"""In characters. So the whole is shorter than the 4096 bytes that Kubernetes keeps."""

_NOTHING = (0, Decimal(0))


class Totals:
    """Adds up charges, as one of their recorders."""

    def __init__(self, replica: str, started: str, tell: Callable[[str], None]) -> None:
        """Takes who counts and since when; `tell` hears why the file can't be written."""
        self._head = f'{{"replica":{json.dumps(replica)},"started":{json.dumps(started)},'
        self._tell = tell
        self._lock = threading.Lock()
        self._sums: dict[str, tuple[int, Decimal]] = {}
        self._others = 0
        self._rows: dict[str, str] = {}
        self._doubles = 0
        self._file: int | None = None
        self.text = self._as_text()

    def write_to(self, path: Path) -> None:
        """Has each change written there from now on; raises MistakesError if that can't be."""
        flags = os.O_WRONLY | os.O_CREAT | os.O_NONBLOCK | os.O_CLOEXEC
        try:
            self._file = os.open(path, flags, 0o644)
            os.ftruncate(self._file, 0)
        except OSError as error:
            raise MistakesError([f"{path}: cannot be written: {error.strerror}"]) from None
        self._write()

    def __call__(self, record: ChargeRecord) -> None:
        """Adds a charge, if it was accepted."""
        charge = record.charge
        if record.outcome is not CallOutcome.ACCEPTED or charge is None:
            return
        with self._lock:
            self._add(charge.currency, charge.amount)
            self._doubles += record.is_double
            self.text = self._as_text()
            self._write()

    def _add(self, currency: str, amount: Decimal) -> None:
        # Zeros at its end would stay in the sum for ever.
        amount = EXACTLY.normalize(amount)
        known = self._sums.get(currency)
        has_row = known is not None or (currency in KNOWN and len(self._sums) < MOST_CURRENCIES)
        if not has_row or not _is_short(amount):
            return self._add_other()
        count, before = known or _NOTHING
        total = EXACTLY.add(before, amount)
        text = f"{total:f}"
        if len(text) > LONGEST_SUM:
            return self._add_other()
        self._sums[currency] = count + 1, total
        self._put(currency, count + 1, text)
        return None

    def _add_other(self) -> None:
        # Not among the sums: a caller may call its currency by this name.
        self._others += 1
        self._put(OTHER, self._others, "0")

    def _put(self, currency: str, count: int, text: str) -> None:
        self._rows[currency] = f'{{"currency":"{currency}","count":{count},"amount":"{text}"}}'

    def _as_text(self) -> str:
        rows = ",".join(self._rows.values())
        return f'{self._head}"doubles":{self._doubles},"currencies":[{rows}]}}\n'

    def _write(self) -> None:
        """In one step, of a text that never gets shorter: who reads it never sees a part."""
        if self._file is None:
            return
        data = self.text.encode()
        try:
            if os.pwrite(self._file, data, 0) < len(data):
                raise OSError(errno.ENOSPC, "only a part has room")
        except OSError as error:
            self._give_up(self._file, str(error))

    def _give_up(self, file: int, why: str) -> None:
        """What stands there is too little from now on, and nothing is better."""
        self._file = None
        try:
            os.ftruncate(file, 0)
        except OSError:
            why += "; too little stands there from now on"
        self._tell(why)


def _is_short(amount: Decimal) -> bool:
    whole, _, places = f"{amount:f}".partition(".")
    return len(whole) <= MOST_WHOLE_DIGITS and len(places) <= MOST_PLACES
