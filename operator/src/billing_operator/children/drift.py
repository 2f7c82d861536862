"""Tells whether a live object still carries exactly what we would apply to it.

The API server records, per field manager, which fields it set (metadata.managedFields). So the
question needs no memory of ours: the fields we own must be the fields we want, with the values we
want. Whatever others set - defaults, injected sidecars, an autoscaler's replicas - is theirs.
"""

import json
from typing import Any

from billing_operator.kinds import Manifest, applied_entry
from billing_operator.spec.spelling import in_one_spelling

_EMPTY: tuple[Any, ...] = ("", None, {}, [])
# An empty one of these selects everything, and none at all nothing or something else.
_SELECTORS = frozenset({"labelSelector", "namespaceSelector", "podSelector"})
# What names an object is no field that anyone owns.
_IDENTITY = ("name", "namespace", "uid", "resourceVersion")


def drift(wanted: Manifest, live: Manifest, manager: str) -> str | None:
    """Where a live object first differs from what we would apply, or None where it does not."""
    applied = applied_entry(live, manager)
    if applied is None:
        return "not applied yet"
    owned = applied.get("fieldsV1") or {}
    metadata = {k: v for k, v in wanted["metadata"].items() if k not in _IDENTITY}
    fields = {k: v for k, v in wanted.items() if k not in ("apiVersion", "kind", "metadata")}
    # The metadata last: what holds a restart back goes by the first difference.
    return _difference(owned, {**fields, "metadata": metadata}, live, "")


def _difference(owned: Manifest, wanted: Any, live: Any, path: str) -> str | None:
    # No fields below: the server takes it as one value, whatever it looks like.
    if not owned:
        # Quantities the server writes in its own way.
        wanted, live = (in_one_spelling(value, path) for value in (wanted, live))
        return None if _same(wanted, live) else path
    if isinstance(wanted, list) and isinstance(live, list):
        return _difference_of_items(owned, wanted, live, path)
    if isinstance(wanted, dict) and isinstance(live, dict):
        return _difference_of_fields(owned, wanted, live, path)
    return path


def _difference_of_fields(
    owned: Manifest, wanted: Manifest, live: Manifest, path: str
) -> str | None:
    names = {name[2:] for name in owned if name.startswith("f:")}
    if odd := names.symmetric_difference(wanted):
        return f"{path}.{min(odd)}"
    for name, value in wanted.items():
        difference = _difference(owned[f"f:{name}"], value, live.get(name), f"{path}.{name}")
        if difference:
            return difference
    return None


def _difference_of_items(
    owned: Manifest, wanted: list[Any], live: list[Any], path: str
) -> str | None:
    keys = {name: json.loads(name[2:]) for name in owned if name.startswith("k:")}
    if len(keys) != len(wanted):
        return path
    for name, key in keys.items():
        ours, theirs = _item(wanted, key), _item(live, key)
        label = ",".join(str(value) for value in key.values())
        if ours is None or theirs is None:
            return f"{path}[{label}]"
        if difference := _difference(owned[name], ours, theirs, f"{path}[{label}]"):
            return difference
    return None


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
