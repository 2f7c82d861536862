"""Escapes other people's text, so that a terminal takes it for nothing but text."""

import unicodedata

_RIGHT_TO_LEFT = ("R", "AL", "AN")
# Drawn as nothing, though they count as printable.
_BLANK = frozenset("\u115f\u1160\u2800\u3164\uffa0")
# What may follow a backslash in what is shown.
_ESCAPES = "\\nrtxuU"


def escaped(text: str) -> str:
    """Returns text of one line, with backslash escapes for all that a terminal would act on.

    These are control characters and line breaks, but also what changes the order in which the
    rest of a line is read, what is drawn onto the character before, and what is not drawn at all.
    A backslash is doubled where it could be taken for one of an escape.
    """
    if text.isascii() and text.isprintable() and "\\" not in text and "  " not in text:
        return text
    followers = f"{text[1:]}."
    return "".join(map(_escaped, text, followers))


def width(text: str) -> int:
    """Returns how many columns a terminal takes for text that is escaped."""
    if text.isascii():
        return len(text)
    return sum(2 if unicodedata.east_asian_width(each) in "WF" else 1 for each in text)


def _escaped(character: str, follower: str) -> str:
    # Two spaces could be taken for those between two columns.
    if character == follower == " ":
        return "\\x20"
    if not _is_plain(character):
        return character.encode("unicode_escape").decode("ascii")
    ambiguous = character == "\\" and (follower in _ESCAPES or not _is_plain(follower))
    return "\\\\" if ambiguous else character


def _is_plain(character: str) -> bool:
    return (
        character.isprintable()
        and character not in _BLANK
        and unicodedata.bidirectional(character) not in _RIGHT_TO_LEFT
        and not unicodedata.category(character).startswith("M")
    )
