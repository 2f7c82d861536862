"""How a moment is written: in log lines and in what the control API shows."""

from datetime import UTC, datetime
from functools import lru_cache


def timestamp(seconds: float) -> str:
    """Returns a time, in seconds since 1970, as `2024-05-01T12:00:00.123Z`."""
    # Half a microsecond more, since most milliseconds are no exact number of binary digits.
    second, millis = divmod(int(seconds * 1000 + 0.0005), 1000)
    return f"{_second_text(second)}.{millis:03d}Z"


@lru_cache(maxsize=2)
def _second_text(second: int) -> str:
    # Hundreds of lines share a second, and this is the costly part of a line.
    return datetime.fromtimestamp(second, UTC).strftime("%Y-%m-%dT%H:%M:%S")
