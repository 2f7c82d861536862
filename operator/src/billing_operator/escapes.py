"""Escapes other people's text, so that a terminal takes it for nothing but text."""


def escaped(text: str) -> str:
    """Returns text of one line, with backslash escapes for all that a terminal would act on.

    A backslash is doubled where it could be taken for one of an escape.
    """
    return "".join(map(_escaped, text, f"{text[1:]} "))


def _escaped(character: str, follower: str) -> str:
    if not character.isprintable():
        return character.encode("unicode_escape").decode("ascii")
    ambiguous = character == "\\" and (follower in "\\nrtxuU" or not follower.isprintable())
    return "\\\\" if ambiguous else character
