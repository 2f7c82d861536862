"""Heads of requests as waitress reads them, kept for when the same one comes again.

A client sends the same head with each of its charges, and taking it apart costs as much as taking
the charge. What a head says depends on its bytes alone. So the last of them are kept with what
waitress made of them, and with what `head_rules` saw in them.
"""

from dataclasses import dataclass, field
from typing import Any

from waitress.parser import HTTPRequestParser

from payment_service.server import head_rules

KEPT = 64
LARGEST_KEPT = 2048
"""In bytes."""
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
    environ: dict[str, Any] = field(default_factory=dict)
    """What of a WSGI environment follows from it; nothing before the first request has come up to
    the application."""


class Heads:
    """The heads that came to one port; only its loop reads them."""

    def __init__(self) -> None:
        self._kept: dict[bytes, Head] = {}

    def __len__(self) -> int:
        return len(self._kept)

    def read(self, raw: bytes, adj: Any) -> Head:
        """Reads a head under waitress' settings.

        Raises HeadRefusedError, and what waitress' parser does.
        """
        return self._kept.get(raw) or self._first_time(raw, adj)

    def _first_time(self, raw: bytes, adj: Any) -> Head:
        head_rules.check(raw)
        parser = HTTPRequestParser(adj)
        parser.parse_header(head_rules.without_long_space(raw))
        repeated = head_rules.repeated_headers(raw, parser)
        is_last = head_rules.follow_meaning(parser)
        head = Head(vars(parser), repeated, is_last)
        # A body in chunks ends up in the head, as its length.
        if not parser.chunked and len(raw) <= LARGEST_KEPT:
            if len(self._kept) >= KEPT:
                self._kept.clear()
            self._kept[raw] = head
        return head
