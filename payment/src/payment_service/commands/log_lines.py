"""Finds the counted charges in log lines, and what is missing, among whatever else is there.

A line may have something before its JSON, as `kubectl logs --prefix` and `--timestamps` write it.
"""

import sys
from collections.abc import Iterable
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import BinaryIO, TypeVar

from payment_service.commands.lost_lines import LOST, Lost
from payment_service.outcome.charges import amount_in, customer_in
from payment_service.state.records import Booking
from payment_service.text import strict_json
from payment_service.text.mistakes import MistakesError

T = TypeVar("T")

STANDARD_INPUT = "-"
MOST_BAD_LINES = 20
"""How many bad lines are told one by one; all are counted."""

_COUNTED = {"accepted": True, "declined": False}
_MARKS = (b'"event": "charge"', b'"charge_id"', LOST.encode())


@dataclass(frozen=True, slots=True)
class BadLine:
    """A line that should be a charge's and cannot be read."""

    where: str
    """`FILE:NUMBER`."""
    why: str


@dataclass(slots=True)
class Logged:
    """What was found: each counted charge once, by its id, and how the lines were."""

    charges: dict[str, Booking] = field(default_factory=dict)
    files: int = 0
    lines: int = 0
    repeated: int = 0
    """Lines of charges that stood in an earlier line too."""
    bad: int = 0
    bad_lines: list[BadLine] = field(default_factory=list)
    """The first of the bad lines, `MOST_BAD_LINES` at most."""
    lost: Lost = field(default_factory=Lost)
    """What the lines say that is missing."""
    losses: set[str] = field(default_factory=set)
    """The ids of the lines that say so, each of which counts once."""

    @property
    def complete(self) -> bool:
        """Whether every charge is there, as far as can be known."""
        return not (self.bad or self.lost.charges)


def read_logs(names: Iterable[str]) -> Logged:
    """Reads files by their names; raises MistakesError with every one that cannot be opened."""
    mistakes, logged = [], Logged()
    with ExitStack() as opened:
        files: list[tuple[str, Iterable[bytes]]] = []
        for name in names:
            try:
                files.append((name, opened.enter_context(_open(name))))
            except OSError as error:
                mistakes.append(f"{name}: {error.strerror}")
        if mistakes:
            raise MistakesError(mistakes)
        for name, lines in files:
            gather(name, lines, logged)
    return logged


def gather(name: str, lines: Iterable[bytes], logged: Logged) -> None:
    """Adds what the lines of one file tell."""
    logged.files += 1
    for number, line in enumerate(lines, start=1):
        logged.lines += 1
        try:
            _take(line, logged)
        except ValueError as flaw:
            logged.bad += 1
            if len(logged.bad_lines) < MOST_BAD_LINES:
                logged.bad_lines.append(BadLine(f"{name}:{number}", str(flaw)))


def _open(name: str) -> BinaryIO:
    return sys.stdin.buffer if name == STANDARD_INPUT else Path(name).open("rb")


def _add(charge: Booking, logged: Logged) -> None:
    before = logged.charges.setdefault(charge.charge_id, charge)
    if before is charge:
        return
    logged.repeated += 1
    if before != charge:
        raise ValueError(f"another line tells something else of charge {charge.charge_id}")


def _take(line: bytes, logged: Logged) -> None:
    """Adds what a line tells, if anything; raises ValueError if it is broken."""
    # Others are not even read: a log may be large.
    if not any(mark in line for mark in _MARKS):
        return
    document = strict_json.parse(line[max(0, line.find(b"{")) :].strip())
    if not isinstance(document, dict):
        return
    if document.get("event") == LOST:
        _add_loss(_text(document, "loss_id"), Lost.from_json(document), logged)
    elif (charge := _charge(document)) is not None:
        _add(charge, logged)


def _add_loss(loss_id: str, lost: Lost, logged: Logged) -> None:
    if loss_id in logged.losses:
        logged.repeated += 1
        return
    logged.lost.add(lost)
    logged.losses.add(loss_id)


def _charge(document: dict[str, object]) -> Booking | None:
    """Returns the charge of a line, if it counts; raises ValueError if it is broken."""
    # Other programs have charges to tell of as well, Antaeus' stand-in for one.
    if not {"outcome", "charge_id"} <= set(document):
        return None
    accepted = _COUNTED.get(_text(document, "outcome"))
    if accepted is None:
        return None
    return Booking(
        charge_id=_text(document, "charge_id"),
        time=datetime.fromisoformat(_text(document, "time")).timestamp(),
        customer_id=_required(customer_in(document.get("customer_id")), "customer_id"),
        amount=_required(amount_in(document.get("value")), "value"),
        currency=_maybe_text(document, "currency") or "",
        accepted=accepted,
        reason=_maybe_text(document, "reason"),
        duplicate_of=_maybe_text(document, "duplicate_of"),
        fault=_maybe_text(document, "fault"),
    )


def _required(value: T | None, key: str) -> T:
    if value is None:
        raise ValueError(f"{key} is missing, or not what it should be")
    return value


def _text(document: dict[str, object], key: str) -> str:
    return _required(_maybe_text(document, key), key)


def _maybe_text(document: dict[str, object], key: str) -> str | None:
    value = document.get(key)
    if value is not None and (not isinstance(value, str) or isinstance(value, strict_json.Number)):
        raise ValueError(f"{key} is no text")
    return value
