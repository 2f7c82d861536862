"""The model of the campaign: what clients were told, and so what every ledger must have."""

from collections import defaultdict
from dataclasses import dataclass, field
from decimal import Context, Decimal
from typing import NamedTuple

_EXACT = Context(prec=2000)

Sums = dict[tuple[int, str], dict[str, tuple[int, Decimal]]]
"""By customer and currency, and by outcome: how many charges, and what they come to."""


class Spec(NamedTuple):
    """A charge as a client means it."""

    customer: int
    currency: str
    value: str

    @property
    def body(self) -> bytes:
        """Not escaped, so that the longest fit."""
        text = self.currency.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
        return (
            f'{{"customer_id":{self.customer},"currency":"{text}","value":{self.value}}}'
        ).encode()

    @property
    def alike(self) -> tuple[int, str, Decimal]:
        return self.customer, self.currency, Decimal(self.value)


@dataclass(slots=True)
class Books:
    """Sums of charges, exactly."""

    sums: Sums = field(default_factory=lambda: defaultdict(dict))

    def book(self, spec: Spec, *, accepted: bool) -> None:
        side = self.sums[spec.customer, spec.currency]
        outcome = "accepted" if accepted else "declined"
        count, amount = side.get(outcome, (0, Decimal(0)))
        side[outcome] = count + 1, _EXACT.add(amount, Decimal(spec.value))

    def rows(self) -> dict[tuple[int, str], dict[str, tuple[int, Decimal]]]:
        """The same with what came to nothing."""
        nothing = 0, Decimal(0)
        return {
            holder: {outcome: side.get(outcome, nothing) for outcome in ("accepted", "declined")}
            for holder, side in self.sums.items()
        }


@dataclass(slots=True)
class Fault:
    """What goes wrong with every call: an HTTP error, or a broken reply."""

    charged: bool
    reply: str | None
    """None: a status 503."""


@dataclass(slots=True)
class Expected:
    """How a charge call is answered."""

    status: int | None
    """None: by no whole answer."""
    result: str | None = None
    replayed: bool = False


@dataclass(slots=True)
class Told:
    """All that decides charges, as the test has set it, and all that was told of them."""

    rate: int = 1
    mode: str = "Report"
    fault: Fault | None = None
    ledger: Books = field(default_factory=Books)
    """Since the last reset."""
    log: Books = field(default_factory=Books)
    """Since the beginning."""
    keys: dict[str, tuple[Spec, Expected]] = field(default_factory=dict)
    seen: dict[tuple[int, str, Decimal], bool] = field(default_factory=dict)
    """How the first of the charges alike ended, where anybody looks for duplicates."""

    def charge(self, spec: Spec, key: str | None = None) -> Expected:
        """Says how a call is answered, and books what it comes to."""
        if key in self.keys:
            first, answer = self.keys[key]
            if first.alike != spec.alike:
                return Expected(422, "false")
            return Expected(answer.status, answer.result, replayed=True)
        if self.mode == "Replay" and spec.alike in self.seen:
            return Expected(200, _word(self.seen[spec.alike]))
        if self.fault is not None and not self.fault.charged:
            return Expected(503, "false") if self.fault.reply is None else Expected(None)
        accepted = self.rate == 1
        self.count(spec, accepted=accepted)
        answer = Expected(200, _word(accepted))
        broken = self.fault is not None and self.fault.reply is not None
        if self.fault is not None and not broken:
            answer = Expected(503, "false")
        if key is not None:
            self.keys[key] = spec, answer
        return Expected(None) if broken else answer

    def count(self, spec: Spec, *, accepted: bool) -> None:
        """Books a charge."""
        self.ledger.book(spec, accepted=accepted)
        self.log.book(spec, accepted=accepted)
        if self.mode != "Ignore":
            self.seen.setdefault(spec.alike, accepted)

    def reset(self) -> None:
        """Forgets what `POST /v1/reset` does."""
        self.fault = None
        self.ledger = Books()
        self.keys.clear()
        self.seen.clear()


def _word(accepted: bool) -> str:  # noqa: FBT001 - one word for one word
    return "true" if accepted else "false"
