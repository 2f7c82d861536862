"""Reads JSON that came from outside, taking nothing that two readers could understand differently.

Numbers stay the text that was sent. So no number is rounded, none is too long to be read, and who
needs a number decides what it may be.
"""

import json
from collections.abc import Callable


class JsonError(ValueError):
    """Raised for text that is no JSON document; the message may be shown to its sender."""

    def __init__(self, *, why: str) -> None:
        super().__init__(why)


class Number(str):
    """A JSON number as it was written, such as `181.50` or `1815e-1`."""

    __slots__ = ()


def parse(raw: bytes) -> object:
    """Returns the one document in `raw`: dicts, lists, strings, Numbers, booleans, None.

    Raises JsonError for anything else, including what Python's reader lets pass by default: NaN and
    Infinity, a key that stands twice in one object, a lone surrogate, a byte order mark.
    """
    try:
        text = raw.decode("utf-8")
        document = _document_in(text)
        if "\\u" in text:
            _refuse_lone_surrogates(document)
    except UnicodeError:
        raise JsonError(why="the text is not UTF-8 or holds half a surrogate pair") from None
    except RecursionError:
        raise JsonError(why="the document is nested too deeply") from None
    except json.JSONDecodeError as error:
        raise JsonError(why=f"{error.msg} at character {error.pos}") from None
    return document


def _document_in(text: str) -> object:
    # What a decoder does with a text that is a document from end to end, without all it does
    # around that. For any other text it says itself what is wrong with it, if anything is.
    try:
        document, end = _scan(text, 0)
    except StopIteration:
        end = None
    return document if end == len(text) else _DECODER.decode(text)


def _object_of(pairs: list[tuple[str, object]]) -> dict[str, object]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise JsonError(why="a key stands twice in one object")
    return members


def _refuse_constant(name: str) -> object:
    raise JsonError(why=f"{name} is not JSON")


def _refuse_lone_surrogates(node: object) -> None:
    if isinstance(node, str):
        node.encode("utf-8")
    elif isinstance(node, dict):
        for key, member in node.items():
            _refuse_lone_surrogates(key)
            _refuse_lone_surrogates(member)
    elif isinstance(node, list):
        for element in node:
            _refuse_lone_surrogates(element)


_DECODER = json.JSONDecoder(
    object_pairs_hook=_object_of,
    parse_int=Number,
    parse_float=Number,
    parse_constant=_refuse_constant,
)
_scan: Callable[[str, int], tuple[object, int]] = _DECODER.scan_once  # type: ignore[attr-defined]  # in all versions, but in no stub
