"""Heads of requests as waitress reads them, kept for when the same one comes again.

A client sends the same head with each of its charges, and taking it apart costs as much as taking
the charge. What a head says depends on its bytes alone. So the last of them are kept with what
waitress made of them, and with what `head_rules` saw in them.

An Idempotency-Key is another one with each charge. So its line is taken out first, and what it says
is added again to what the rest of the head says.
"""

import re
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from waitress.parser import HTTPRequestParser

from payment_service.server import head_rules

KEPT = 64
LARGEST_KEPT = 2048
"""In bytes."""
KEY = "IDEMPOTENCY_KEY"
"""The header as waitress spells it."""
_KEY_LINES = (b"\r\nIdempotency-Key: ", b"\r\nidempotency-key: ")
_KEY = re.compile(rb"[!-~]+")
REPEATED = "payment.repeated"
"""The key of a request's WSGI environment for the names of the headers that it has more than once,
in small letters; it is missing if there are none."""


@dataclass(slots=True)
class Head:
    """A head that was read."""

    parsed: dict[str, Any]
    """What the parser made of it, without what belongs to one request alone."""
    repeated: frozenset[str]
    """Names that it has more than once, in small letters."""
    is_last: bool
    """Whether nothing may be read behind its request."""
    length: int
    """How many bytes of a body follow; 0 as well where the body itself says it, in chunks."""
    environ: dict[str, Any] = field(default_factory=dict)
    """What of a WSGI environment follows from it; nothing before the first request has come up to
    the application."""

    @property
    def has_key(self) -> bool:
        """Whether it has an Idempotency-Key itself."""
        return KEY in self.parsed["headers"]


class ReadHead(NamedTuple):
    """A head that was read, and the key that was taken out of it, if any."""

    head: Head
    key: str | None = None


class Heads:
    """The heads that came to one port; only its loop reads them."""

    def __init__(self) -> None:
        self._kept: dict[bytes, Head] = {}

    def __len__(self) -> int:
        return len(self._kept)

    def known(self, raw: bytes) -> ReadHead | None:
        """Returns what a head said when it came before, if that is still kept."""
        head = self._kept.get(raw)
        if head is not None:
            return ReadHead(head)
        taken = _take_key(raw)
        if taken is None:
            return None
        rest, key = taken
        head = self._kept.get(rest)
        return None if head is None else ReadHead(head, key)

    def read(self, raw: bytes, adj: Any) -> ReadHead:
        """Reads a head under waitress' settings.

        Raises HeadRefusedError, and what waitress' parser does.
        """
        known = self.known(raw)
        if known is not None:
            return known
        taken = _take_key(raw)
        if taken is not None:
            rest, key = taken
            head = self._first_time(rest, adj)
            if not head.has_key:
                return ReadHead(head, key)
        return ReadHead(self._first_time(raw, adj))

    def _first_time(self, raw: bytes, adj: Any) -> Head:
        head_rules.check(raw)
        parser = HTTPRequestParser(adj)
        parser.parse_header(head_rules.without_long_space(raw))
        repeated = head_rules.repeated_headers(raw, parser)
        is_last = head_rules.follow_meaning(parser)
        head = Head(vars(parser), repeated, is_last, parser.content_length)
        # A body in chunks ends up in the head, as its length. A key is another one each time.
        if not parser.chunked and not head.has_key and len(raw) <= LARGEST_KEPT:
            if len(self._kept) >= KEPT:
                self._kept.clear()
            self._kept[raw] = head
        return head


def _take_key(raw: bytes) -> tuple[bytes, str] | None:
    """Takes the line of an Idempotency-Key out of a head, if it is as nearly all send it."""
    for begin in _KEY_LINES:
        at = raw.find(begin)
        if at >= 0:
            end = raw.find(b"\r\n", at + len(begin))
            key = raw[at + len(begin) : end]
            # Else waitress is to say what such a line means.
            return (raw[:at] + raw[end:], key.decode("ascii")) if _KEY.fullmatch(key) else None
    return None
