"""Logs that are written until nothing more fits."""

from payment_service.log.lines import Lines

MOST = 20_000
"""How many bytes may wait for a reader, in tests."""
LINE = '{"event": "test", "padding": "%s"}\n' % ("x" * 60)


def fill(lines: Lines, until_lost: int = 1) -> int:
    """Writes numbered lines until so many are lost; returns how many that took."""
    number = 0
    while lines.lost < until_lost:
        lines.event("test", number=number)
        number += 1
    return number
