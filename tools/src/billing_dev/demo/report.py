"""The table that the demo ends with, and the judgement below it."""

from collections.abc import Iterator
from dataclasses import dataclass

from billing_dev.demo.bounds import ONE_IN, Bounds, binomial_bounds
from billing_dev.demo.readings import Charges, Reading, uncounted

_HEADINGS = ("", "", "", "before", "after", "change")
_LABELS = 3


@dataclass(frozen=True, slots=True)
class Report:
    """One billing run, between two readings, at the success rate that was in effect."""

    before: Reading
    after: Reading
    rate: float

    @property
    def newly_paid(self) -> int:
        return self.after.invoices.paid - self.before.invoices.paid

    @property
    def accepted(self) -> int:
        return (self.after.all_charges - self.before.all_charges).accepted

    @property
    def bounds(self) -> Bounds:
        return binomial_bounds(self.before.invoices.pending, self.rate)

    @property
    def good(self) -> bool:
        """Whether the demo has shown what it is there to show."""
        return not self._restarted and self._equal and self.newly_paid in self.bounds

    def __str__(self) -> str:
        return "\n".join([*_table(self.before, self.after), "", *self._judgement()])

    @property
    def _equal(self) -> bool:
        return self.newly_paid == self.accepted

    @property
    def _restarted(self) -> list[str]:
        return uncounted(self.before, self.after)

    def _judgement(self) -> Iterator[str]:
        pending, paid, bounds = self.before.invoices.pending, self.newly_paid, self.bounds
        share = f", {paid / pending:.0%}" if pending else ""
        yield f"  newly PAID: {paid} of {pending} that were pending{share}"
        for pod in self._restarted:
            yield f"  NOT OK  {pod} came, went or began anew meanwhile: its charges are unknown"
        yield (
            f"  {_mark(self._equal)}  accepted charges, summed over payment's pods: "
            f"{self.accepted}, {'exactly' if self._equal else 'which is not'} as many"
        )
        yield (
            f"  {_mark(paid in bounds)}  at a success rate of {self.rate:g}, "
            f"{bounds.least} to {bounds.most} are expected in all but 1 of {ONE_IN:,} runs"
        )


def _mark(holds: bool) -> str:  # noqa: FBT001 - private, and reads as a sentence
    return "ok    " if holds else "NOT OK"


def _table(before: Reading, after: Reading) -> Iterator[str]:
    rows = [_HEADINGS, *map(_texts, [*_invoice_rows(before, after), *_charge_rows(before, after)])]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        labels = [text.ljust(width) for text, width in zip(row, widths, strict=True)][:_LABELS]
        numbers = [text.rjust(width) for text, width in zip(row, widths, strict=True)][_LABELS:]
        yield f"  {'  '.join([*labels, *numbers])}".rstrip()


_Row = tuple[str, str, str, int, int]


def _invoice_rows(before: Reading, after: Reading) -> Iterator[_Row]:
    old, new = before.invoices, after.invoices
    yield "invoices", "", "PAID", old.paid, new.paid
    yield "", "", "PENDING", old.pending, new.pending
    yield "", "", "total", old.total, new.total


def _charge_rows(before: Reading, after: Reading) -> Iterator[_Row]:
    pods = sorted({*before.charges, *after.charges})
    none = Charges()
    first = "charges"
    for pod in pods:
        old, new = before.charges.get(pod, none), after.charges.get(pod, none)
        yield first, pod, "accepted", old.accepted, new.accepted
        yield "", "", "declined", old.declined, new.declined
        first = ""
    if len(pods) > 1:
        old, new = before.all_charges, after.all_charges
        yield "", "all pods", "accepted", old.accepted, new.accepted
        yield "", "", "declined", old.declined, new.declined


def _texts(row: _Row) -> tuple[str, ...]:
    *labels, old, new = row
    return (*map(str, labels), str(old), str(new), f"{new - old:+}" if new != old else "0")
