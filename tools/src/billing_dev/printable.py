"""Other people's text, so that a terminal takes it for nothing but text."""

_KEPT = "\n\t"


def printable(text: str) -> str:
    """Returns text of any number of lines, with escapes for all that a terminal would act on.

    A backslash stays what it is: among the texts are commands to copy.
    """
    return "".join(each if each in _KEPT else _escaped(each) for each in text)


def printable_line(text: str) -> str:
    """Returns text that is to be part of one line in the same way, with its line breaks escaped."""
    return "".join(map(_escaped, text))


def _escaped(character: str) -> str:
    if character.isprintable():
        return character
    return character.encode("unicode_escape").decode("ascii")
