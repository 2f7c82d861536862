"""How a reply may come back besides whole and at once: what an application can ask for."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum

DELIVERY = "payment.delivery"
"""The key of a request's WSGI environment under which the application leaves a `Delivery`."""

GARBAGE = b"\x00\xff\xfe this is no HTTP\x00\r\n\r\n"
"""What is sent in place of an answer that shall be unreadable."""

_SHORTEST_PAUSE = 0.01


class Shape(Enum):
    """What arrives of a reply."""

    WHOLE = "whole"
    """The answer, as if nothing had been asked for."""
    EMPTY = "empty"
    """No byte: the connection is closed."""
    RESET = "reset"
    """No byte: the connection is reset."""
    TRUNCATED = "truncated"
    """The head, with the length of the whole body, and half of the body; then it is closed."""
    GARBAGE = "garbage"
    """Bytes that are no HTTP; then the connection is closed."""
    SLOW = "slow"
    """The head, then the body byte by byte."""
    NEVER = "never"
    """Nothing; the connection is closed after the longest time that the port holds a reply."""


@dataclass(frozen=True, slots=True)
class Delivery:
    """When and how a reply comes back; no thread waits for it.

    The answer has to come from the application in one piece. A caller that closes its connection,
    even if only its own side of it, loses its reply.
    """

    after_seconds: float = 0.0
    """From the application's answer until the first byte, 0 up to the longest that a port holds
    a reply; ignored for `NEVER`."""
    shape: Shape = Shape.WHOLE
    over_seconds: float = 0.0
    """For `SLOW`: from the head to the last byte, 0 up to the same."""
    done: Callable[[bool], None] | None = None
    """Told once, in a thread that may wait: true right before the last of the reply goes out (so
    a caller that has its reply finds done what this does), false once its connection is gone."""

    @property
    def waits(self) -> bool:
        """Whether it takes time."""
        return self.after_seconds > 0 or self.endless

    @property
    def endless(self) -> bool:
        """Whether it can be cut short and loses nobody anything: its end is not the point."""
        return self.shape in (Shape.SLOW, Shape.NEVER)


def portions(body: bytes, seconds: float) -> list[bytes]:
    """Divides a body into what is sent at a time within so many seconds.

    That is a byte, or more where there would be more than a hundred portions a second.
    """
    most = max(1, int(seconds / _SHORTEST_PAUSE))
    size = max(1, math.ceil(len(body) / most))
    return [body[start : start + size] for start in range(0, len(body), size)]
