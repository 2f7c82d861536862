"""How a command tells what it found: tables and JSON on standard output, troubles on the other."""

import json
import sys
from collections.abc import Iterable, Sequence

from payment_service.commands.log_lines import Logged


def say(text: str) -> None:
    """Prints the result."""
    print(text)  # noqa: T201 - this is what a command is for


def say_json(document: object) -> None:
    """Prints the result for machines."""
    say(json.dumps(document, indent=2))


def warn(text: str) -> None:
    """Prints what is no part of the result."""
    print(text, file=sys.stderr)  # noqa: T201


def table(head: Sequence[str], rows: Iterable[Sequence[str]], *, right: Iterable[str] = ()) -> str:
    """Returns rows as columns under their heads, those of `right` flush right."""
    grid = [head, *rows]
    widths = [max(map(len, column)) for column in zip(*grid, strict=True)]
    aligned = [">" if name in set(right) else "<" for name in head]
    shape = "  ".join(f"{{:{a}{w}}}" for a, w in zip(aligned, widths, strict=True))
    return "\n".join(shape.format(*row).rstrip() for row in grid)


def warn_of_bad_lines(logged: Logged) -> None:
    """Tells people of lines that could not be read, and of logs in which no charge was found."""
    for bad in logged.bad_lines:
        warn(f"{bad.where}: {bad.why}")
    if logged.bad:
        warn(f"{logged.bad} bad lines: a charge may be missing")
    elif not logged.charges:
        warn(f"no charge in {logged.lines} lines")


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
