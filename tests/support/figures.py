"""Figures that tests take along the way, shown together when the run is over."""


class Figures:
    """What was measured in one run, in the order in which it was."""

    def __init__(self) -> None:
        self._lines: list[str] = []

    def note(self, what: str, value: float, unit: str) -> None:
        """Keeps one figure."""
        digits = 0 if value >= 100 else 1
        self._lines.append(f"{what}: {value:,.{digits}f} {unit}")

    def lines(self) -> list[str]:
        """All figures, each in words."""
        return list(self._lines)
