"""Makes values out of one node of the schema: what it takes, what it refuses, and its extremes."""

import re
from collections.abc import Iterator
from typing import Any

from billing_operator.commands.schema import mistakes
from billing_operator.kinds import Manifest

# Which of these a field takes is up to its pattern and limits; the plainest come first.
_TEXTS = (
    *("alpha", "beta", "10.0.0.0/8", "10.1.0.0/16", "1Gi", "1.5Gi"),
    *("2026-01-01T00:00:00Z", "2026-07-01T00:00:00+02:00", "0 0 1 * *", "*/5 * * * *"),
    *("Europe/Oslo", "Etc/UTC", "2026-01-01", "2026-01-02", "30s", "1h", "12.50", "400"),
)
# What a careless hand or a program may write; some of it gets past the schema.
_ODD_TEXTS = (
    *("", " ", "-", "_", "a..b", "a b", "\n", "é", "/", "a/b/c", "{{ a }}", "$(A)", '"', "~", "0"),
    *("999.0.0.0/8", "10.0.0.1/99", "::/0", "2026-02-30T00:00:00Z", "0 0 31 2 *", "1e9", "-1"),
)
_WRONG_TYPE: dict[str, Any] = {
    "string": 7,
    "integer": "many",
    "number": "0.5",
    "boolean": "yes",
    "array": "alone",
    "object": "flat",
}
NUMBER_OR_TEXT = "x-kubernetes-int-or-string"


def good(node: Manifest) -> tuple[Any, ...]:
    """Two values that a scalar may have, or the only one; what it is by default comes last."""
    return tuple(_in_order(node))[:2]


def _in_order(node: Manifest) -> Iterator[Any]:
    default = node.get("default")
    candidates = [value for value in _candidates(node) if not list(mistakes(value, node))]
    yield from (value for value in candidates if value != default)
    yield from (value for value in candidates if value == default)


def _candidates(node: Manifest) -> Iterator[Any]:
    if "enum" in node:
        yield from node["enum"]
    elif node.get(NUMBER_OR_TEXT):
        # Quantities take the texts, ports the number.
        yield from _TEXTS[4:6] if "pattern" in node else (1, "alpha")
    elif node["type"] == "boolean":
        yield from (True, False)
    elif node["type"] == "string":
        yield from _TEXTS
    else:
        yield from _numbers(node)


def _numbers(node: Manifest) -> Iterator[Any]:
    least = node.get("minimum", 0)
    if node["type"] == "number" and node.get("maximum", least + 2) <= least + 1:
        yield from (least + 0.25, least + 0.75)
    yield from (least + 1, least + 2, least, least + 3)


def bad(node: Manifest) -> Iterator[tuple[str, Any]]:
    """What a node must refuse, each with what is wrong about it."""
    yield "wrong type", True if node.get(NUMBER_OR_TEXT) else _WRONG_TYPE[node["type"]]
    if "enum" in node and node["type"] == "string":
        yield "none of those", "nonsense"
    if "minimum" in node:
        yield "too small", node["minimum"] - (0 if node.get("exclusiveMinimum") else 1)
    if "maximum" in node:
        yield "too large", node["maximum"] + 1
    if node.get("minLength"):
        yield "too short", ""
    # Where nothing but text may be long, it is its length that is refused.
    if "maxLength" in node and node.get("type") == "string":
        yield "too long", "a" * (node["maxLength"] + 1)
    if "pattern" in node:
        yield (
            "not of the form",
            next(t for t in ("a b\n", "ä!") if not re.search(node["pattern"], t)),
        )
    if node.get("minItems"):
        yield "too few", []


def extremes(node: Manifest) -> Iterator[Any]:
    """The ends of what the schema takes of a scalar, and what is odd and within it."""
    tried: list[Any] = list(node.get("enum", ()))
    if node.get("type") in ("integer", "number"):
        tried += [node[end] for end in ("minimum", "maximum") if end in node]
    if node.get(NUMBER_OR_TEXT):
        tried += [0, 70000, -1]
    if node.get("type") == "string" or node.get(NUMBER_OR_TEXT):
        tried += [*_ODD_TEXTS, "a" * node.get("maxLength", 1), "A" * node.get("maxLength", 1)]
    seen: list[Any] = []
    for value in tried:
        if value not in seen and not list(mistakes(value, node)):
            seen.append(value)
            yield value
