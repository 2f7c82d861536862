"""What this process has accepted since it started, by currency: exact, and told after its end.

It goes to a file as well, before the caller hears of a charge. Where that file is its container's
termination message, Kubernetes reports it however the process ends.
"""

import json
import os
import threading
from collections.abc import Callable
from contextlib import suppress
from decimal import Decimal
from pathlib import Path

from payment_service.cashier.records import CallOutcome, ChargeRecord
from payment_service.state.ledger import EXACTLY
from payment_service.text.currencies import KNOWN
from payment_service.text.mistakes import MistakesError

MOST_CURRENCIES = 24
"""How many currencies are told one by one: codes of ISO 4217, the first that come."""
OTHER = "other"
"""Stands for any other currency, and for amounts that make a sum too long: such charges are
counted, and their sum is 0."""
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
        known = self._sums.get(currency)
        if known is None and (currency not in KNOWN or len(self._sums) >= MOST_CURRENCIES):
            return self._add_other()
        count, before = known or _NOTHING
        total = EXACTLY.add(before, amount)
        # A zero may have any number of digits.
        text = f"{total:f}" if total else "0"
        if len(text) > LONGEST_SUM:
            return self._add_other()
        self._put(currency, count + 1, total, text)
        return None

    def _add_other(self) -> None:
        count, _ = self._sums.get(OTHER, _NOTHING)
        self._put(OTHER, count + 1, _NOTHING[1], "0")

    def _put(self, currency: str, count: int, total: Decimal, text: str) -> None:
        self._sums[currency] = count, total
        self._rows[currency] = f'{{"currency":"{currency}","count":{count},"amount":"{text}"}}'

    def _as_text(self) -> str:
        rows = ",".join(self._rows.values())
        return f'{self._head}"doubles":{self._doubles},"currencies":[{rows}]}}\n'

    def _write(self) -> None:
        """In one step, of a text that never gets shorter: who reads it never sees a part."""
        if self._file is None:
            return
        try:
            os.pwrite(self._file, self.text.encode(), 0)
        except OSError as error:
            # What stands there is too little from now on, and nothing is better.
            with suppress(OSError):
                os.ftruncate(self._file, 0)
            self._file = None
            self._tell(str(error))
