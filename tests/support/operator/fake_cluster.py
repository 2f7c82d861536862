"""An API server in memory, as far as the operator's own flow needs one.

What the real one makes of an apply is tested against the real one (tests/integration).
"""

import asyncio
import copy
import json
from collections.abc import AsyncIterator, Callable, ItemsView, Iterable

from billing_dev.crd import schema
from billing_operator.children.foreign_edits import leaves_replicas
from billing_operator.commands.schema import mistakes
from billing_operator.errors import Conflict, Fault, NotFound
from billing_operator.kinds import (
    BILLING_STACK,
    BY_NAME,
    EVENT,
    POD,
    SECRET,
    Key,
    Kind,
    Manifest,
    applied_entry,
    key,
)
from billing_operator.kube.api import Page
from billing_operator.names import MANAGER, STACK_LABEL
from billing_operator.reasons import Reason
from support.operator.applied import applied

Call = tuple[str, str]
_STATUS = schema()["properties"]["status"]


class FakeCluster:
    """Keeps objects, writes down what it was asked, and refuses what it is told to refuse."""

    def __init__(self, *objects: Manifest) -> None:
        self.objects: dict[tuple[str, Key], Manifest] = {}
        self.calls: list[Call] = []
        self.refusals: dict[tuple[str, str], str] = {}
        self.faults: dict[Call, Fault] = {}
        self.nudges: list[tuple[str, dict[str, str]]] = []
        # What a mutating policy does to an object that is applied.
        self.admission: Callable[[Manifest], None] = lambda _: None
        # While it is cleared, lists are asked for and never come.
        self.answers = asyncio.Event()
        self.answers.set()
        self._version = 100
        self._kept: set[tuple[str, Key]] = set()
        for live in objects:
            self.have(live)

    @property
    def writes(self) -> list[Call]:
        """The calls that changed something, Events excepted."""
        reads = ("read", "list", "list one stack", "dry run")
        return [call for call in self.calls if call[0] not in reads and call[1] != "Event"]

    def have(self, live: Manifest) -> Manifest:
        """Puts an object there, as somebody else would."""
        self._version += 1
        live = copy.deepcopy(live)
        live["metadata"]["resourceVersion"] = str(self._version)
        live["metadata"].setdefault("uid", f"uid {self._version}")
        self.objects[live["kind"], key(live)] = live
        return copy.deepcopy(live)

    def get(self, kind: str, name: str, namespace: str = "payments") -> Manifest | None:
        """An object, unseen by the record of calls."""
        return copy.deepcopy(self.objects.get((kind, Key(namespace, name))))

    def must_get(self, kind: str, name: str) -> Manifest:
        """An object that has to be there."""
        live = self.get(kind, name)
        assert live is not None, f"there is no {kind} {name}"
        return live

    def take(self, kind: str, name: str) -> None:
        """Removes an object, as somebody else would."""
        del self.objects[kind, Key("payments", name)]

    @staticmethod
    def conflict() -> Conflict:
        """What the API server says when an object has changed meanwhile."""
        return Conflict(Reason.CONFLICT, "the object has been modified", status=409)

    async def read(self, kind: Kind, key: Key) -> Manifest | None:
        self._asked("read", kind)
        return self.get(kind.name, key.name, key.namespace)

    async def pages(self, kind: Kind) -> AsyncIterator[Page]:
        self._asked("list", kind)
        await self.answers.wait()
        ours = kind == BILLING_STACK
        bears = [it for it in self._labelled(kind, {}) if ours or STACK_LABEL in dict(_labels(it))]
        yield Page(bears, self._version)

    async def list_stack(self, kind: Kind, stack: Key) -> list[Manifest]:
        self._asked("list one stack", kind)
        await self.answers.wait()
        return self._labelled(kind, {STACK_LABEL: stack.name})

    async def apply(
        self, manifest: Manifest, *, new: bool = False, dry_run: bool = False
    ) -> Manifest:
        self._asked("dry run" if dry_run else "apply", BY_NAME[manifest["kind"]])
        if new and (manifest["kind"], key(manifest)) in self.objects:
            raise Conflict(Reason.CONFLICT, "the object has been modified", status=409)
        if not new and (fault := self.faults.get(("change", manifest["kind"]))):
            raise fault
        # An answer takes a while, a refusal less.
        for _ in range(3):
            await asyncio.sleep(0)
        old = self.objects.get((manifest["kind"], key(manifest))) or {"metadata": {}}
        there = old["metadata"].get("uid")
        if manifest["metadata"].get("uid", there) != there:
            raise Conflict(Reason.CONFLICT, "another uid", status=409)
        live = applied(manifest)
        if leaves_replicas(manifest):
            live["spec"]["replicas"] = _replicas_left(old)
        self.admission(live)
        if dry_run:
            return live
        generation = old["metadata"].get("generation", 0)
        changed = old.get("spec") != live.get("spec")
        live["metadata"]["generation"] = generation + 1 if changed else generation
        live["metadata"].setdefault("uid", old["metadata"].get("uid") or f"uid {self._version}")
        return self.have(live | ({"status": old["status"]} if "status" in old else {}))

    async def rewrite_field_owners(self, live: Manifest, managed_fields: list[Manifest]) -> None:
        self._asked("hand over", BY_NAME[live["kind"]])
        self.objects[live["kind"], key(live)]["metadata"]["managedFields"] = managed_fields
        # What stood in the way of the next apply does so no more.
        self.faults.pop(("apply", live["kind"]), None)

    async def apply_status(self, stack: Manifest, status: Manifest) -> Manifest:
        self._asked("apply status", BILLING_STACK)
        live = self._must_be_as_known(stack)
        # As it travels, and as the API server would refuse or prune it.
        status = json.loads(json.dumps(status))
        assert list(mistakes(status, _STATUS)) == []
        return self.have(live | {"status": status})

    async def create(self, manifest: Manifest) -> Manifest:
        self._asked("create", BY_NAME[manifest["kind"]])
        if (manifest["kind"], key(manifest)) in self.objects:
            raise Conflict(Reason.CONFLICT, "exists already", status=409)
        return self.have(manifest)

    async def replace(self, live: Manifest) -> Manifest:
        self._asked("replace", BY_NAME[live["kind"]])
        self._must_be_as_known(live)
        return self.have(live)

    async def delete(self, live: Manifest, *, unchanged: bool = False) -> None:
        self._asked("delete", BY_NAME[live["kind"]])
        if unchanged:
            self._must_be_as_known(live)
        place = (live["kind"], key(live))
        if place in self._kept:
            kept = copy.deepcopy(self.objects[place])
            kept["metadata"]["deletionTimestamp"] = "2025-01-01T00:00:00Z"
            self.have(kept)
            return
        self.objects.pop(place, None)

    def keep_deleted(self, kind: str, name: str) -> None:
        """Has an object stay when it is deleted, as a finalizer would."""
        self._kept.add((kind, Key("payments", name)))

    async def resume(self, job: Manifest) -> Manifest:
        self._asked("resume", BY_NAME[job["kind"]])
        live = self._must_be_as_known(job)
        live["spec"]["suspend"] = False
        live["metadata"]["generation"] += 1
        return self.have(live)

    async def annotate(self, live: Manifest, annotations: dict[str, str]) -> Manifest:
        self._asked("annotate", BY_NAME[live["kind"]])
        now = self._must_be_as_known(live)
        now["metadata"]["annotations"] = (now["metadata"].get("annotations") or {}) | annotations
        return self.have(now)

    def _must_be_as_known(self, known: Manifest) -> Manifest:
        live = self.get(known["kind"], known["metadata"]["name"]) or {"metadata": {}}
        for name in ("uid", "resourceVersion"):
            if live["metadata"].get(name) != known["metadata"][name]:
                raise Conflict(Reason.CONFLICT, "the object has been modified", status=409)
        return live

    async def last_refusal(self, namespace: str, uid: str) -> str:
        self._asked("list", EVENT)
        return self.refusals.get((namespace, uid), "")

    async def annotate_pod(self, key: Key, annotations: dict[str, str]) -> None:
        self._asked("annotate", POD)
        if (POD.name, key) not in self.objects:
            raise NotFound(Reason.NOT_FOUND, f"no pod {key}", status=404)
        self.nudges.append((key.name, annotations))

    def _asked(self, verb: str, kind: Kind) -> None:
        self.calls.append((verb, kind.name))
        if fault := self.faults.get((verb, kind.name)):
            raise fault

    def _of(self, kind: Kind) -> Iterable[Manifest]:
        assert kind != SECRET, "Secrets are never listed"
        return (live for (name, _), live in self.objects.items() if name == kind.name)

    def _labelled(self, kind: Kind, labels: dict[str, str]) -> list[Manifest]:
        return [copy.deepcopy(it) for it in self._of(kind) if labels.items() <= _labels(it)]


def _replicas_left(old: Manifest) -> int:
    """What becomes of replicas that an apply does not name: ours are removed, and 1 the default."""
    ours = (applied_entry(old, MANAGER) or {"fieldsV1": {}})["fieldsV1"].get("f:spec") or {}
    kept: int = old.get("spec", {}).get("replicas", 1)
    return 1 if "f:replicas" in ours else kept


def _labels(live: Manifest) -> ItemsView[str, str]:
    labels: dict[str, str] = live["metadata"].get("labels") or {}
    return labels.items()
