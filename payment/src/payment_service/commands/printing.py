"""How a command tells what it found: tables and JSON on standard output, troubles on the other."""

import json
import sys
from collections.abc import Iterable, Sequence

from payment_service.commands.log_lines import Logged
from payment_service.commands.lost_lines import Lost
from payment_service.outcome.charges import canonical
from payment_service.state.records import Sum
from payment_service.text.escapes import escaped, width


def say(text: str) -> None:
    """Prints the result; what of it came from elsewhere is escaped already."""
    # What the terminal has no characters for is escaped as well, and no reason to fail.
    encoding = sys.stdout.encoding or "utf-8"
    print(text.encode(encoding, "backslashreplace").decode(encoding))  # noqa: T201 - its purpose


def say_json(document: object) -> None:
    """Prints the result for machines, in ASCII."""
    say(json.dumps(document, indent=2))


def warn(text: str) -> None:
    """Prints what is no part of the result, on one line whatever is in it."""
    print(escaped(text), file=sys.stderr)  # noqa: T201 - as above


def table(head: Sequence[str], rows: Iterable[Sequence[str]], *, right: Iterable[str] = ()) -> str:
    """Returns rows as columns under their heads, those of `right` flush right.

    Each row is one line, whatever is in its cells.
    """
    grid = [head, *(tuple(map(escaped, row)) for row in rows)]
    widths = [max(map(width, column)) for column in zip(*grid, strict=True)]
    flush_right = [name in set(right) for name in head]
    lines = []
    for row in grid:
        cells = []
        for cell, wide, at_the_right in zip(row, widths, flush_right, strict=True):
            space = " " * (wide - width(cell))
            cells.append(space + cell if at_the_right else cell + space)
        lines.append("  ".join(cells).rstrip())
    return "\n".join(lines)


def warn_of_lines(logged: Logged) -> None:
    """Tells people of lines that could not be read, and of logs without a charge."""
    for bad in logged.bad_lines:
        warn(f"{bad.where}: {bad.why}")
    if logged.bad:
        warn(f"{logged.bad} bad lines: a charge may be missing")
    elif not logged.charges and not logged.lost.charges:
        warn(f"no charge in {logged.lines} lines")
    if logged.lost.lines and not logged.lost.charges:
        warn(f"{logged.lost.lines} lines were lost, none of them of a charge")


def lost_text(lost: Lost) -> str:
    """Returns for people what is missing in a log."""
    head = ("CURRENCY", "ACCEPTED", "AMOUNT", "DECLINED", "(AMOUNT)")
    rows = [
        (currency or "-", *side_cells(total.accepted), *side_cells(total.declined))
        for currency, total in sorted(lost.totals.items())
    ]
    title = f"the log is incomplete: {lost.charges} charges are missing, in {lost.lines} lost lines"
    parts = [title, *([table(head, rows, right=head[1:])] if rows else [])]
    accepted, declined = lost.without_amounts
    if accepted or declined:
        parts.append(f"the amounts of {accepted} accepted and {declined} declined ones are unknown")
    return "\n".join(parts)


def side_cells(side: Sum) -> tuple[str, str]:
    """Returns the cells of a sum."""
    return str(side.count), canonical(side.amount)


def lines_document(logged: Logged) -> dict[str, object]:
    """Returns for machines how the lines were."""
    return {
        "files": logged.files,
        "lines": logged.lines,
        "charges": len(logged.charges),
        "repeated": logged.repeated,
        "bad": logged.bad,
        "bad_lines": [{"where": bad.where, "why": bad.why} for bad in logged.bad_lines],
    }
