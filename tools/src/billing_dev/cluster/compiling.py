"""How far go has come with what it compiles, by the log that it writes with -v."""

import re
from collections.abc import Sequence
from pathlib import Path

# Each package is a line of its own; whatever else go says has blanks in it.
_PACKAGE = re.compile(r"^[\w.~/-]+$", re.MULTILINE)


class Compiling:
    """One run of go, while its log grows."""

    def __init__(self, log: Path) -> None:
        self._log = log
        self._wanted: int | None = None

    def will_compile(self, packages: int) -> None:
        """Takes how many packages are not in go's cache yet."""
        self._wanted = packages

    def __str__(self) -> str:
        if self._wanted is None:
            return "fetching sources and counting packages"
        text = self._log.read_text(errors="replace") if self._log.exists() else ""
        return so_far(packages_in(text), self._wanted)


def packages_in(log: str) -> list[str]:
    """The packages that go has named in a log, in the order in which it got to them."""
    return _PACKAGE.findall(log)


def so_far(packages: Sequence[str], wanted: int) -> str:
    """Says how many packages of how many go has got to, and at which it is."""
    if not packages:
        return f"none of {wanted:,} packages yet"
    at = f"{len(packages):,} of {max(wanted, len(packages)):,} packages"
    return f"{at}, now {packages[-1]}"
