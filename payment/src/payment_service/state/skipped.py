"""Counts the entries of the store that this version cannot read, and tells of each once."""

import logging
import threading
from collections import OrderedDict
from collections.abc import Mapping
from types import MappingProxyType

_log = logging.getLogger(__name__)

KINDS = (
    *("answers", "alike", "attempts", "hits", "numbers"),
    *("totals", "bookings", "duplicates", "journal", "faults"),
)
"""What kinds there are: as the keys of the store are called, behind their prefix."""
_REMEMBERED = 10_000
_LOGGED = 20


class Skipped:
    """What was skipped so far, since another version of this service wrote it, or nobody did.

    An entry counts once, however often it is met, as long as it is among the last 10,000 of them.
    """

    def __init__(self) -> None:
        self._counts = dict.fromkeys(KINDS, 0)
        self._met: OrderedDict[tuple[str, str], None] = OrderedDict()
        self._lock = threading.Lock()

    @property
    def counts(self) -> Mapping[str, int]:
        """How many entries of each kind were skipped."""
        return MappingProxyType(self._counts)

    def add(self, kind: str, name: str, why: str = "of another version") -> None:
        """Counts an entry of a kind by its name there, and logs it, unless it was met before.

        Of each kind only the first are logged, since a journal may be full of them.
        """
        with self._lock:
            if (kind, name) in self._met:
                return
            self._met[kind, name] = None
            if len(self._met) > _REMEMBERED:
                self._met.popitem(last=False)
            self._counts[kind] += 1
            count = self._counts[kind]
        if count <= _LOGGED:
            more = "; more of them will only be counted" if count == _LOGGED else ""
            _log.warning("skipped %r of %s, which cannot be read: %s%s", name, kind, why, more)
