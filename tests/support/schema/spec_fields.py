"""Every field of a stack's spec, out of the schema: what sets it, changes it, and is refused."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from billing_dev.crd import schema
from billing_operator.kinds import Manifest
from support.schema import spec_context as context
from support.schema.schema_values import bad, extremes, good

_STEP = re.compile(r"\.[^.\[{]+|\[\]|\{\}")


# Two are the same only if they are one: their schema is not hashable.
@dataclass(frozen=True, slots=True, eq=False)
class Field:
    """A scalar of the spec, or a list or object that may be empty.

    Attributes:
        path: from the spec on, with [] for an entry of a list and {} for one of a map.
        values: of which the second is a change; one where there is only one.
    """

    path: str
    node: Manifest
    values: tuple[Any, ...]

    @property
    def top(self) -> str:
        """The field of the spec, or of one of its parts, that it belongs to."""
        names = _STEP.findall(self.path)
        part = schema()["properties"]["spec"]["properties"][names[0][1:]]
        most = 2 if "properties" in part else 1
        return ".".join(name[1:] for name in names[:most])

    @property
    def shown(self) -> str:
        """The path as the API server tells it."""
        made = "spec"
        for at, step in _with_places(self.path):
            made += {"[]": "[0]", "{}": f".{context.key(at)}"}.get(step, step)
        return made

    def spec(self, value: Any) -> Manifest:
        """The least spec in which it has a value."""
        made: Manifest = _around(self.path, value)
        return made


def fields() -> list[Field]:
    """All of them, in the order of the schema."""
    return [*_below(_spec(), "")]


def wrong() -> Iterator[tuple[Field, str, Manifest]]:
    """Specs that must be refused, each with the field that must be named and what is wrong."""
    for path, node in _nodes(_spec(), ""):
        field = Field(path, node, ())
        for what, value in bad(node):
            yield field, what, field.spec(value)
        if node.get("type") == "object" and "properties" in node:
            stranger = Field(f"{path}.nonsense", {}, ())
            yield stranger, "unknown", stranger.spec(1)
        for name in node.get("required", ()):
            member = Field(f"{path}.{name}", {}, ())
            whole = _example(node, path)
            yield member, "missing", field.spec({n: of for n, of in whole.items() if n != name})


def at_the_ends() -> Iterator[tuple[Field, Any]]:
    """Fields with values that the schema may just so take."""
    for path, node in _nodes(_spec(), ""):
        if _is_scalar(node):
            yield from ((Field(path, node, ()), value) for value in extremes(node))


def merged(*specs: Manifest) -> Manifest:
    """One spec of several; what a later one says of a field counts."""
    made: Manifest = {}
    for spec in specs:
        for name, of in spec.items():
            both = isinstance(of, dict) and isinstance(made.get(name), dict)
            made[name] = merged(made[name], of) if both else of
    return made


def _spec() -> Manifest:
    made: Manifest = schema()["properties"]["spec"]
    return made


def _nodes(of: Manifest, path: str) -> Iterator[tuple[str, Manifest]]:
    """All nodes below one."""
    for step, child in _children(of):
        yield f"{path}{step}", child
        yield from _nodes(child, f"{path}{step}")


def _children(of: Manifest) -> Iterator[tuple[str, Manifest]]:
    yield from ((f".{name}", child) for name, child in of.get("properties", {}).items())
    if "items" in of:
        yield "[]", of["items"]
    if isinstance(of.get("additionalProperties"), dict):
        yield "{}", of["additionalProperties"]


def _is_scalar(node: Manifest) -> bool:
    return not list(_children(node))


def _below(of: Manifest, path: str) -> Iterator[Field]:
    for place, node in _nodes(of, path):
        if _is_scalar(node):
            yield Field(place, node, context.values(place) or good(node))
        elif _may_be_empty(place, node):
            yield Field(place, node, ([] if node["type"] == "array" else {},))


def _may_be_empty(path: str, node: Manifest) -> bool:
    # An entry of a list that says nothing is no field of its own.
    named = not path.endswith(("[]", "{}"))
    needed = node.get("required") or node.get("minItems")
    return named and not needed and context.may_be_empty(path)


def _with_places(path: str) -> Iterator[tuple[str, str]]:
    """Each step of a path, with the path up to and with it."""
    for step in _STEP.finditer(path):
        yield path[: step.end()], step[0]


def _around(path: str, value: Any) -> Any:
    """The least document that has a value at a path."""
    levels: list[tuple[str, Manifest, str]] = []
    node, at = _spec(), ""
    for place, step in _with_places(path):
        levels.append((at, node, step))
        node, at = dict(_children(node)).get(step, {}), place
    made = value
    for at, node, step in reversed(levels):
        made = _level(path, at, node, step, made)
    return made


def _level(path: str, at: str, node: Manifest, step: str, inner: Any) -> Any:
    if step == "[]":
        return [inner]
    if step == "{}":
        return {context.key(f"{at}{{}}"): inner}
    name = step[1:]
    needed = (other for other in node.get("required", ()) if other != name)
    made = {other: _example(node["properties"][other], f"{at}.{other}") for other in needed}
    return made | context.beside(path, at) | {name: inner}


def _example(node: Manifest, path: str) -> Any:
    """A value for what has to be there."""
    given = context.example(path)
    if given is not None:
        return given
    if node.get("type") == "object":
        made = {n: _example(node["properties"][n], f"{path}.{n}") for n in node.get("required", ())}
        return made | context.beside(path, path)
    if node.get("type") == "array":
        return [_example(node["items"], f"{path}[]")]
    return (context.values(path) or good(node))[0]
