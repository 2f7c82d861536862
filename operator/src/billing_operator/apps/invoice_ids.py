"""Writes ids of invoices as ranges, such as `1,6,8-20`, and subtracts one such text from another.

A text is never spelled out: somebody else may have written it, and `1-9999999999` is short.
"""

import re
from collections.abc import Iterable

LONGEST = 2048
"""In characters; a longer text stands nowhere, and then the ids are not known."""

_RANGE = re.compile(r"([0-9]{1,19})(?:-([0-9]{1,19}))?")
_Ranges = list[tuple[int, int]]
"""From the first to the last id of each, in order and apart from each other."""


def written(ids: Iterable[int]) -> str | None:
    """Returns ids as a text; None where it would be too long."""
    return _text(_merged([(each, each) for each in ids]))


def missing(before: str | None, now: str | None) -> tuple[int, str | None] | None:
    """How many of the ids before are not there now, and which; None where one is not known.

    The second is None where the text would be too long.
    """
    known, left = _ranges(before), _ranges(now)
    if known is None or left is None:
        return None
    gone = _without(known, left)
    return sum(last - first + 1 for first, last in gone), _text(gone)


def together(one: str | None, other: str | None) -> str | None:
    """Returns the ids of both texts; None where one is not known."""
    ranges, more = _ranges(one), _ranges(other)
    return None if ranges is None or more is None else _text(_merged(ranges + more))


def _ranges(text: str | None) -> _Ranges | None:
    if text is None or len(text) > LONGEST:
        return None
    ranges: _Ranges = []
    for part in filter(None, text.split(",")):
        match = _RANGE.fullmatch(part)
        if match is None:
            return None
        ranges.append((int(match[1]), int(match[2] or match[1])))
    return _merged([each for each in ranges if each[0] <= each[1]])


def _merged(ranges: _Ranges) -> _Ranges:
    merged: _Ranges = []
    for first, last in sorted(ranges):
        if merged and first <= merged[-1][1] + 1:
            merged[-1] = merged[-1][0], max(merged[-1][1], last)
        else:
            merged.append((first, last))
    return merged


def _without(ranges: _Ranges, other: _Ranges) -> _Ranges:
    left: _Ranges = []
    rest = iter(other)
    cut = next(rest, None)
    for begin, last in ranges:
        first = begin
        while cut is not None and cut[1] < first:
            cut = next(rest, None)
        while cut is not None and cut[0] <= last:
            if first < cut[0]:
                left.append((first, cut[0] - 1))
            first = cut[1] + 1
            if cut[1] > last:
                break
            cut = next(rest, None)
        if first <= last:
            left.append((first, last))
    return left


def _text(ranges: _Ranges) -> str | None:
    parts = (str(first) if first == last else f"{first}-{last}" for first, last in ranges)
    text = ",".join(parts)
    return text if len(text) <= LONGEST else None
