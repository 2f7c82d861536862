"""From the text of a document, JSON or TOML, to plain values; the same document gives the same."""

import math
import tomllib

from payment_service.text import strict_json
from payment_service.text.mistakes import MistakesError
from payment_service.text.strict_json import Number

LONGEST_WHOLE_NUMBER = 25
"""In characters; far above every limit of a field, far below what is slow to convert."""


class TooLarge:
    """A number beyond everything that a computer counts with; it fits no field."""

    def __init__(self, text: str) -> None:
        self._text = text

    def __repr__(self) -> str:
        return self._text


def json_members(raw: bytes) -> dict[str, object]:
    """Returns the members of the JSON object in `raw`; raises MistakesError if it holds none."""
    try:
        document = _plain(strict_json.parse(raw))
    except strict_json.JsonError as error:
        raise MistakesError([f"not JSON: {error}"]) from None
    except RecursionError:
        raise MistakesError(["not JSON: the document is nested too deeply"]) from None
    if not isinstance(document, dict):
        raise MistakesError(["must be a JSON object"])
    return document


def toml_members(raw: bytes) -> dict[str, object]:
    """Returns the members of a TOML document; raises MistakesError if `raw` is none."""
    try:
        return tomllib.loads(raw.decode("utf-8"))
    except UnicodeDecodeError:
        raise MistakesError(["not TOML: the text is not UTF-8"]) from None
    except RecursionError:
        raise MistakesError(["not TOML: the document is nested too deeply"]) from None
    except ValueError as error:  # also what Python says of a number of thousands of digits
        raise MistakesError([f"not TOML: {error}"]) from None


def _plain(node: object) -> object:
    if isinstance(node, Number):
        return _number(node)
    if isinstance(node, dict):
        return {key: _plain(member) for key, member in node.items()}
    if isinstance(node, list):
        return [_plain(element) for element in node]
    return node


def _number(text: Number) -> int | float | TooLarge:
    if len(text) <= LONGEST_WHOLE_NUMBER and text.lstrip("-").isdigit():
        return int(text)
    number = float(text)
    return number if math.isfinite(number) else TooLarge(text)
