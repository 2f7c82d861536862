"""How a moment is written: in log lines and in what the control API shows."""

from datetime import UTC, datetime
from functools import lru_cache


def timestamp(seconds: float) -> str:
    """Returns a time, in seconds since 1970, as `2024-05-01T12:00:00.123Z`."""
    second, micros = divmod(round(seconds * 1e6), 1_000_000)
    return f"{_second_text(second)}.{micros // 1000:03d}Z"


@lru_cache(maxsize=2)
def _second_text(second: int) -> str:
    # Hundreds of lines share a second, and this is the costly part of a line.
    return datetime.fromtimestamp(second, UTC).strftime("%Y-%m-%dT%H:%M:%S")
