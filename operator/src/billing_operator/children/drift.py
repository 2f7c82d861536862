"""Tells whether a live object still carries exactly what we would apply to it.

The API server records, per field manager, which fields it set (metadata.managedFields). So the
question needs no memory of ours: the fields we own must be the fields we want, with the values we
want. Whatever others set - defaults, injected sidecars, an autoscaler's replicas - is theirs.
"""

import json
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Any

from billing_operator.kinds import Manifest, applied_entry
from billing_operator.spec.spelling import in_one_spelling

_EMPTY: tuple[Any, ...] = ("", None, {}, [])
# An empty one of these selects everything, and none at all nothing or something else.
_SELECTORS = frozenset({"labelSelector", "namespaceSelector", "podSelector"})
# What names an object is no field that anyone owns.
_IDENTITY = ("name", "namespace", "uid", "resourceVersion")


Step = str | tuple[tuple[str, Any], ...]
"""The name of a field, or what names an item of a list."""


@dataclass(frozen=True, slots=True)
class Difference:
    """Where a live object is not what we would apply.

    Attributes:
        steps: the way there.
        ours: whether the field is ours by the API server's record and has another value. Whoever
            else sets a field becomes its owner, but for admission.
        live: the value that it has; None where it has none.
    """

    steps: tuple[Step, ...]
    ours: bool = False
    live: Any = None

    def __str__(self) -> str:
        return "".join(
            f".{step}" if isinstance(step, str) else f"[{','.join(str(of) for _, of in step)}]"
            for step in self.steps
        )


def drift(
    wanted: Manifest, live: Manifest, manager: str, *, but_for: Collection[Difference] = ()
) -> str | None:
    """Where a live object first differs from what we would apply, or None where it does not.

    Args:
        but_for: differences that are to stay.
    """
    if applied_entry(live, manager) is None:
        return "not applied yet"
    every = differences(wanted, live, manager)
    first = next((each for each in every if each not in but_for), None)
    return str(first) if first else None


def differences(wanted: Manifest, live: Manifest, manager: str) -> Iterator[Difference]:
    """Every place where a live object differs from what we would apply."""
    owned = (applied_entry(live, manager) or {}).get("fieldsV1") or {}
    metadata = {k: v for k, v in wanted["metadata"].items() if k not in _IDENTITY}
    fields = {k: v for k, v in wanted.items() if k not in ("apiVersion", "kind", "metadata")}
    # The metadata last: what holds a restart back goes by the first difference.
    return _differences(owned, {**fields, "metadata": metadata}, live, ())


def _differences(
    owned: Manifest, wanted: Any, live: Any, steps: tuple[Step, ...]
) -> Iterator[Difference]:
    # No fields below: the server takes it as one value, whatever it looks like.
    if owned and isinstance(wanted, list) and isinstance(live, list):
        yield from _of_items(owned, wanted, live, steps)
    elif owned and isinstance(wanted, dict) and isinstance(live, dict):
        yield from _of_fields(owned, wanted, live, steps)
    elif owned or not _same_value(wanted, live, str(Difference(steps))):
        yield Difference(steps, ours=True, live=live)


def _of_fields(
    owned: Manifest, wanted: Manifest, live: Manifest, steps: tuple[Step, ...]
) -> Iterator[Difference]:
    names = {name[2:] for name in owned if name.startswith("f:")}
    for name in sorted(names.symmetric_difference(wanted)):
        yield Difference((*steps, name))
    for name, value in wanted.items():
        if name in names:
            yield from _differences(owned[f"f:{name}"], value, live.get(name), (*steps, name))


def _of_items(
    owned: Manifest, wanted: list[Any], live: list[Any], steps: tuple[Step, ...]
) -> Iterator[Difference]:
    keys = {name: json.loads(name[2:]) for name in owned if name.startswith("k:")}
    if len(keys) != len(wanted):
        yield Difference(steps)
    for name, key in keys.items():
        ours, theirs = _item(wanted, key), _item(live, key)
        at = (*steps, tuple(key.items()))
        if ours is None:
            yield Difference(at)
        elif theirs is None:
            yield Difference(at, ours=True)
        else:
            yield from _differences(owned[name], ours, theirs, at)


def _same_value(wanted: Any, live: Any, path: str) -> bool:
    # Quantities the server writes in its own way.
    return _same(*(in_one_spelling(value, path) for value in (wanted, live)))


def _item(items: list[Any], key: Manifest) -> Manifest | None:
    return next((i for i in items if all(i.get(k) == v for k, v in key.items())), None)


def _same(wanted: Any, live: Any) -> bool:
    """Equal as the API server sees it, which drops what is empty."""
    match wanted, live:
        case dict(), dict():
            if (wanted.keys() ^ live.keys()) & _SELECTORS:
                return False
            return all(_same(wanted.get(name), live.get(name)) for name in wanted | live)
        case list(), list():
            return len(wanted) == len(live) and all(map(_same, wanted, live))
    return bool(wanted == live or (wanted in _EMPTY and live in _EMPTY))
