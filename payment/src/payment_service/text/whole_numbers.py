"""Whole numbers as settings, headers and queries write them: plain digits, and no more of those."""

LARGEST = 2**63 - 1
"""The largest id of a customer, and the largest seed: what callers have room for."""

_MOST_DIGITS = len(str(LARGEST))


def read(text: str, least: int, most: int) -> int | None:
    """Returns the number that the text writes, from `least` to `most`; None if it is none."""
    if not (text.isascii() and text.isdigit() and len(text) <= _MOST_DIGITS):
        return None
    number = int(text)
    return number if least <= number <= most else None
