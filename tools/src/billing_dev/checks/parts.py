"""The parts of a run of everything: how long each took, and how many tests passed in it."""

import time
import xml.etree.ElementTree as ET
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from billing_dev.checks.programs import Command

_HEADINGS = ("part", "seconds", "share", "tests passed")


@dataclass(frozen=True, slots=True)
class Part:
    """One part that has ended.

    Attributes:
        seconds: from its start to its end, whatever ran beside it.
        code: its exit code: 0 where it held.
        passed: tests that passed; None where the part has no tests.
    """

    name: str
    seconds: float
    code: int
    passed: int | None = None


class Parts:
    """Runs parts, and keeps what each took, in the order of their ends."""

    def __init__(self) -> None:
        self.ended: list[Part] = []

    def run(self, name: str, does: Callable[[], int]) -> int:
        """Runs a part that has no tests; returns its exit code, which is 1 where it raises."""
        began, code = time.monotonic(), 1
        try:
            code = does()
        finally:
            self.ended.append(Part(name, time.monotonic() - began, code))
        return code

    def run_tests(self, name: str, command: Command, does: Callable[[Command], int]) -> int:
        """Runs a command of pytest; returns its exit code."""
        began = time.monotonic()
        with TemporaryDirectory() as folder:
            report = Path(folder) / "tests.xml"
            code = does([*command, f"--junitxml={report}"])
            passed = passed_in(report)
        self.ended.append(Part(name, time.monotonic() - began, code, passed))
        return code


def table(parts: Sequence[Part], whole_seconds: float) -> str:
    """Says what share of the whole each part took; those that ran side by side overlap."""
    rows = [_HEADINGS, *(_row(part, whole_seconds) for part in parts)]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return "\n".join(_aligned(row, widths) for row in rows)


def passed_in(report: Path) -> int:
    """How many tests passed, by the JUnit XML that pytest wrote; 0 where it wrote none."""
    if not report.exists():
        return 0
    cases = ET.parse(report).iter("testcase")  # noqa: S314 - written by our own pytest just now
    return sum(all(case.find(bad) is None for bad in ("failure", "error")) for case in cases)


def _row(part: Part, whole_seconds: float) -> tuple[str, ...]:
    share = part.seconds / whole_seconds if whole_seconds else 0.0
    passed = "" if part.passed is None else str(part.passed)
    return (
        part.name,
        f"{part.seconds:.0f}",
        f"{share:.0%}",
        f"{passed}{' FAILED' * bool(part.code)}",
    )


def _aligned(row: Sequence[str], widths: Sequence[int]) -> str:
    return "    " + "  ".join(_cells(row, widths)).rstrip()


def _cells(row: Sequence[str], widths: Sequence[int]) -> Iterator[str]:
    # Names begin and numbers end below each other.
    (name, *numbers), (name_width, *number_widths) = row, widths
    yield name.ljust(name_width)
    for number, width in zip(numbers, number_widths, strict=True):
        yield number.rjust(width)
