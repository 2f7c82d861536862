"""What the API server makes of a document by a structural schema: its defaults, and its mistakes.

Rules written in CEL are for the API server alone to judge.
"""

import copy
import difflib
import re
from collections.abc import Callable, Iterator
from typing import Any

from billing_operator.kinds import Manifest

_TYPES: dict[str, tuple[str, tuple[type, ...]]] = {
    "object": ("a mapping", (dict,)),
    "array": ("a list", (list,)),
    "string": ("text", (str,)),
    "boolean": ("true or false", (bool,)),
    "integer": ("a whole number", (int,)),
    "number": ("a number", (int, float)),
}
_LIMITS: dict[str, tuple[Callable[[Any, Any], bool], str]] = {
    "minimum": (lambda value, limit: value >= limit, "{value} is less than {limit}"),
    "maximum": (lambda value, limit: value <= limit, "{value} is more than {limit}"),
    "minLength": (lambda value, limit: len(value) >= limit, "is shorter than {limit}"),
    "maxLength": (lambda value, limit: len(value) <= limit, "is longer than {limit}"),
    "minItems": (lambda value, limit: len(value) >= limit, "has fewer than {limit} entries"),
    "maxItems": (lambda value, limit: len(value) <= limit, "has more than {limit} entries"),
    "minProperties": (lambda value, limit: len(value) >= limit, "has fewer than {limit} entries"),
    "maxProperties": (lambda value, limit: len(value) <= limit, "has more than {limit} entries"),
    # "$" is the end of the text, not of its last line.
    "pattern": (
        lambda value, limit: bool(re.search(limit.replace("$", r"\Z"), value)),
        "does not match {limit}",
    ),
    "enum": (lambda value, limit: value in limit, "{value} is none of {limit}"),
}
_NUMBER_OR_TEXT = "x-kubernetes-int-or-string"
_OPEN = "exclusiveMinimum"
_KEYS = "x-kubernetes-list-map-keys"
CHECKED = frozenset(
    {
        *_LIMITS,
        _KEYS,
        _OPEN,
        _NUMBER_OR_TEXT,
        "additionalProperties",
        "items",
        "properties",
        "required",
    }
    | {"type"}
)
"""The words of a schema that mistakes() heeds."""


def defaulted(value: Any, by: Manifest) -> Any:
    """The value as the API server stores it: with defaults, and without fields that are null."""
    if isinstance(value, list):
        return [defaulted(item, by.get("items", {})) for item in value]
    if not isinstance(value, dict):
        return value
    properties = by.get("properties", {})
    given = {n: copy.deepcopy(of["default"]) for n, of in properties.items() if "default" in of}
    elsewhere = by.get("additionalProperties", {})
    named = given | {n: v for n, v in value.items() if v is not None}
    return {n: defaulted(v, properties.get(n, elsewhere)) for n, v in named.items()}


def mistakes(value: Any, by: Manifest, at: str = "") -> Iterator[str]:
    """Everything that the schema does not take, each with the path of its field."""
    if not _is_of_type(value, by):
        yield f"{at}: {_shown(value)} is not {_wanted(by)}{_remedy(value, by)}"
        return
    for word, (holds, says) in _LIMITS.items():
        if word in by and _concerns(word, value) and not holds(value, by[word]):
            limit = ", ".join(map(str, by[word])) if word == "enum" else by[word]
            yield f"{at}: {says.format(value=_shown(value), limit=limit)}"
    if by.get(_OPEN) and value == by["minimum"]:
        yield f"{at}: {_shown(value)} is not more than {by['minimum']}"
    if isinstance(value, dict):
        yield from _within(value, by, at)
    if isinstance(value, list):
        yield from _repeated(value, by, at)
        for number, item in enumerate(value):
            yield from mistakes(item, by.get("items", {}), f"{at}[{number}]")


def _repeated(items: list[Any], by: Manifest, at: str) -> Iterator[str]:
    """Entries of a list of named things with the name of one before them."""
    keys, seen = by.get(_KEYS, ()), set()
    for number, item in enumerate(items):
        if not keys or not isinstance(item, dict) or not item.keys() >= set(keys):
            continue
        name = ", ".join(str(item[key]) for key in keys)
        if name in seen:
            yield f"{at}[{number}]: there is one of {', '.join(keys)} {name} already"
        seen.add(name)


def _within(value: Manifest, by: Manifest, at: str) -> Iterator[str]:
    properties, elsewhere = by.get("properties", {}), by.get("additionalProperties")
    for name in by.get("required", ()):
        if name not in value:
            yield f"{_below(at, name)}: is missing"
    for name, of in value.items():
        path = _below(at, name)
        if name in properties:
            yield from mistakes(of, properties[name], path)
        elif isinstance(elsewhere, dict):
            yield from mistakes(of, elsewhere, path)
        elif not elsewhere:
            alike = difflib.get_close_matches(str(name), properties, n=1)
            yield f"{path}: there is no such field" + (f"; {alike[0]} is one" if alike else "")


def _below(at: str, name: object) -> str:
    return f"{at}.{name}" if at else str(name)


def _is_of_type(value: Any, by: Manifest) -> bool:
    if by.get(_NUMBER_OR_TEXT):
        return isinstance(value, int | str) and not isinstance(value, bool)
    if "type" not in by:
        return True
    if isinstance(value, float) and by["type"] == "integer":
        return value.is_integer()
    # To Python, true is a whole number.
    if isinstance(value, bool) and by["type"] != "boolean":
        return False
    return isinstance(value, _TYPES[by["type"]][1])


def _wanted(by: Manifest) -> str:
    return "a whole number or text" if by.get(_NUMBER_OR_TEXT) else _TYPES[by["type"]][0]


def _remedy(value: Any, by: Manifest) -> str:
    # Amounts above all: a number would be rounded before anybody reads it.
    number = isinstance(value, int | float) and not isinstance(value, bool)
    return "; write it in quotes" if number and by.get("type") == "string" else ""


def _concerns(word: str, value: Any) -> bool:
    # What may be a number or text has limits that are for the text alone.
    return isinstance(value, str) or word not in ("minLength", "maxLength", "pattern")


def _shown(value: Any) -> str:
    """A value in few words; what is long is not repeated."""
    if isinstance(value, dict | list):
        return "a mapping" if isinstance(value, dict) else "a list"
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    return f"{value!r:.60}"
