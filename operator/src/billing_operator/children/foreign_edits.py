"""Makes way for an apply that the API server refuses because of what somebody set beside it.

Some fields exclude one another: the ways to update a Deployment, the handlers of a probe, the
sources of a variable or a volume. Set by hand, such a field belongs to whoever set it, so an apply
of the other one leaves both, and the server takes neither. Owned by the operator, it goes with the
next apply that does not name it. Nothing else that others set is ever claimed.

And the other way round: lets go of what somebody else is to decide, without a change of its value.
"""

import copy
import json
from typing import Any

from billing_operator.kinds import DEPLOYMENT, Manifest, applied_entry

_POD = ("f:spec", "f:template", "f:spec")
_CONTAINER = (*_POD, "f:containers", "k:")
_VOLUME = (*_POD, "f:volumes", "k:")
_HANDLERS = frozenset({"f:exec", "f:grpc", "f:httpGet", "f:tcpSocket"})
_SOURCES = frozenset({"f:configMapKeyRef", "f:fieldRef", "f:fileKeyRef", "f:resourceFieldRef"})
_PORTS = ("f:spec", "f:ports")
# Which fields exclude one another, and where; "k:" stands for each item of a list.
_EXCLUSIVE = {
    ("f:spec", "f:strategy"): frozenset({"f:rollingUpdate"}),
    (*_CONTAINER, "f:env", "k:"): frozenset({"f:value", "f:valueFrom"}),
    (*_CONTAINER, "f:env", "k:", "f:valueFrom"): _SOURCES | {"f:secretKeyRef"},
    (*_CONTAINER, "f:livenessProbe"): _HANDLERS,
    (*_CONTAINER, "f:readinessProbe"): _HANDLERS,
    (*_CONTAINER, "f:startupProbe"): _HANDLERS,
}


def take_fields(wanted: Manifest, live: Manifest, manager: str) -> list[Manifest] | None:
    """The managedFields under which an apply of ``wanted`` removes what excludes it.

    None where nothing that others set stands in its way.
    """
    live = copy.deepcopy(live)
    entries: list[Manifest] = live["metadata"].setdefault("managedFields", [])
    taken_over: Manifest = {}
    for entry in entries:
        if entry.get("manager") != manager and not entry.get("subresource"):
            _merge(taken_over, _take(entry.get("fieldsV1") or {}, wanted, live, ()))
    if not taken_over:
        return None
    own = applied_entry(live, manager)
    if own is None:
        # An object that was handed over has not been applied to yet.
        own = {"manager": manager, "operation": "Apply", "apiVersion": live["apiVersion"]}
        own["fieldsType"] = "FieldsV1"
        entries.append(own)
    _merge(own.setdefault("fieldsV1", {}), taken_over)
    # An entry that owns nothing any more is refused.
    return [entry for entry in entries if entry.get("fieldsV1")]


def release_replicas(wanted: Manifest, live: Manifest, manager: str) -> list[Manifest] | None:
    """The managedFields under which an apply of ``wanted`` leaves a Deployment's replicas alone.

    The API server removes a field that its only owner names no more; that of replicas it fills
    with 1 at once, whatever an autoscaler had made of it. None where there is nothing to let go.
    """
    if not leaves_replicas(wanted):
        return None
    live = copy.deepcopy(live)
    own = applied_entry(live, manager) or {}
    ours: Manifest = (own.get("fieldsV1") or {}).get("f:spec") or {}
    if "f:replicas" not in ours:
        return None
    del ours["f:replicas"]
    entries: list[Manifest] = live["metadata"]["managedFields"]
    return entries


def leaves_replicas(wanted: Manifest) -> bool:
    """Whether a manifest is of a Deployment whose number of pods is not for it to say."""
    return wanted["kind"] == DEPLOYMENT.name and "replicas" not in wanted["spec"]


def _take(owned: Manifest, wanted: Any, live: Any, place: tuple[str, ...]) -> Manifest:
    """Removes what stands in the way from a manager's fields, and returns it."""
    taken: Manifest = {}
    for name in list(owned):
        wanted_too, value = _find(wanted, name)
        if wanted_too:
            here = (*place, name[:2] if name.startswith("k:") else name)
            if taken_below := _take(owned[name], value, _find(live, name)[1], here):
                taken[name] = taken_below
                if not owned[name]:
                    # Left there, it would say that the whole of it is theirs.
                    del owned[name]
        elif _stands_in_the_way(name, wanted, live, place):
            taken[name] = owned.pop(name)
    return taken


def _stands_in_the_way(name: str, wanted: Any, live: Any, place: tuple[str, ...]) -> bool:
    if place == _PORTS:
        # Two ports of a Service may not bear one name.
        port = _find(live, name)[1] or {}
        return "name" in port and port["name"] in {each.get("name") for each in wanted}
    of_a_volume = place == _VOLUME and name.startswith("f:")
    return of_a_volume or name in _EXCLUSIVE.get(place, ())


def _find(wanted: Any, name: str) -> tuple[bool, Any]:
    """Whether a manifest has what a name in fieldsV1 stands for, and its value."""
    if name.startswith("f:") and isinstance(wanted, dict):
        return name[2:] in wanted, wanted.get(name[2:])
    if name.startswith("k:") and isinstance(wanted, list):
        key = json.loads(name[2:]).items()
        item = next((item for item in wanted if key <= item.items()), None)
        return item is not None, item
    return False, None


def _merge(into: Manifest, more: Manifest) -> None:
    for name, below in more.items():
        _merge(into.setdefault(name, {}), below)
