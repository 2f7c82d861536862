"""What the API server records of an apply: which fields the operator then owns."""

import copy
import json
from typing import Any

from billing_operator.kinds import Manifest
from billing_operator.names import MANAGER

# Lists that the API server merges item by item, and what names an item; all others are one value.
_LIST_KEYS = {
    "containers": ("name",),
    "env": ("name",),
    "ownerReferences": ("uid",),
    "volumeMounts": ("mountPath",),
    "volumes": ("name",),
}
_PORT_KEYS = (("containerPort", "protocol"), ("port", "protocol"))
# Maps that are one value.
_ATOMIC = ("selector", "podSelector", "secretKeyRef", "configMapKeyRef", "fieldRef")
_IDENTITY = ("name", "namespace", "uid")


def owned_fields(manifest: Manifest) -> Manifest:
    """The fieldsV1 of whoever applies this manifest."""
    metadata = {k: v for k, v in manifest["metadata"].items() if k not in _IDENTITY}
    rest = {k: v for k, v in manifest.items() if k not in ("apiVersion", "kind", "metadata")}
    return _fields({"metadata": metadata} | rest)


def applied(manifest: Manifest, *, manager: str = MANAGER, **metadata: Any) -> Manifest:
    """A manifest as the API server shows it after the apply."""
    live = copy.deepcopy(manifest)
    live["metadata"] |= metadata
    entry = {"manager": manager, "operation": "Apply", "fieldsV1": owned_fields(manifest)}
    live["metadata"]["managedFields"] = [entry]
    return live


def _fields(value: Manifest) -> Manifest:
    return {f"f:{name}": _below(name, of) for name, of in value.items()}


def _below(name: str, value: Any) -> Manifest:
    if isinstance(value, dict) and name not in _ATOMIC:
        return _fields(value)
    keys = _keys(name, value) if isinstance(value, list) and value else ()
    if not keys:
        return {}
    return {_item_name(item, keys): {".": {}, **_fields(item)} for item in value}


def _keys(name: str, items: list[Any]) -> tuple[str, ...]:
    if name == "ports":
        return next((keys for keys in _PORT_KEYS if keys[0] in items[0]), ())
    return _LIST_KEYS.get(name, ())


def _item_name(item: Manifest, keys: tuple[str, ...]) -> str:
    return "k:" + json.dumps({key: item[key] for key in keys}, separators=(",", ":"))
