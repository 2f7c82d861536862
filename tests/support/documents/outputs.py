"""Outputs that pages show: which command each is of, and whether it was really printed.

A comment above the block says what it is:

    <!-- output: COMMAND -->                        all that the command prints
    <!-- part of the output: COMMAND -->            some lines of it, one below the other
    <!-- output, but for counts: COMMAND -->        numbers differ from run to run
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

_COMMENT = re.compile(r"<!-- (part of the )?output(, but for counts)?: (\S.*) -->")

# What differs from run to run, and what stands in its place while two outputs are compared.
_DIFFERS = tuple(
    (re.compile(pattern), name)
    for pattern, name in (
        (r"\b\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)", "<time>"),
        (r"\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b", "<uid>"),
        (r"\bsha256:[0-9a-f]{12,64}\b", "<digest>"),
        (r"\b((?:[\w-]+-)?(?:payment|antaeus|operator))-[0-9a-z]{4,10}-[0-9a-z]{5}\b", r"\1-<pod>"),
        (r"\b(antaeus-stand-in|billing-(?:payment|operator)):[\w.-]+", r"\1:<tag>"),
        (r'("(?:charge_id|request_id|duplicate_of)": )"[^"]*"', r"\1<id>"),
        (r'("value": ?)"?\d+(?:\.\d+)?"?', r"\1<amount>"),
        (r'("resourceVersion": ?)"\d+"', r"\1<version>"),
        (r"\b(127\.0\.0\.1|localhost):\d+", r"\1:<port>"),
        (r"\b\d+(?:\.\d+)? s\b", "<seconds>"),
        (r"\b(?:\d+[ydhms])+\b", "<age>"),
    )
)
_NUMBER = re.compile(r"[+-]?\b\d+(?:\.\d+)?\b")


class NotPrintedError(AssertionError):
    """A page shows what was not printed."""


@dataclass(frozen=True, slots=True)
class Output:
    """What a block shows.

    Attributes:
        command: as the comment names it; a part of the command that was run is enough.
        in_part: whether the command prints more than what is shown.
        but_for_counts: whether its numbers differ from run to run.
    """

    command: str
    in_part: bool
    but_for_counts: bool

    @classmethod
    def named(cls, comment: str) -> "Output | None":
        """Reads the comment above a block; None where it is another one."""
        found = _COMMENT.fullmatch(comment)
        return found and cls(found[3], in_part=bool(found[1]), but_for_counts=bool(found[2]))

    def is_of(self, command: str) -> bool:
        """Whether it is what that command prints, however its lines are broken."""
        return one_line(self.command) in one_line(command)

    def real(self, shown: str, printed: str) -> str:
        """What the page ought to show, out of all that was printed.

        Raises:
            NotPrintedError: it was to be a part, and its first or last line was not printed.
        """
        lines = printed.strip("\n").splitlines()
        if not self.in_part:
            return "\n".join(lines) + "\n"
        wanted, found = self._plain(shown), [self._plain_line(line) for line in lines]
        first = _index(found, wanted[0], 0)
        last = _index(found, wanted[-1], first) if len(wanted) > 1 else first
        return "\n".join(lines[first : last + 1]) + "\n"

    def agrees(self, shown: str, printed: str) -> bool:
        """Whether that is shown which was printed, but for what differs from run to run."""
        return self._plain(shown) == self._plain(self.real(shown, printed))

    def _plain(self, text: str) -> list[str]:
        return [self._plain_line(line) for line in text.strip("\n").splitlines()]

    def _plain_line(self, line: str) -> str:
        plain = normalised(line)
        return _NUMBER.sub("<n>", plain) if self.but_for_counts else plain


def normalised(line: str) -> str:
    """A line of output without what differs from run to run, the width of columns included."""
    for pattern, name in _DIFFERS:
        line = pattern.sub(name, line)
    return re.sub(r" {2,}", "  ", line).rstrip()


def one_line(command: str) -> str:
    """A command without the ends of its lines."""
    return " ".join(command.replace("\\\n", " ").split())


def _index(lines: Sequence[str], wanted: str, start: int) -> int:
    for index in range(start, len(lines)):
        if lines[index] == wanted:
            return index
    raise NotPrintedError(f"no such line was printed: {wanted}")
