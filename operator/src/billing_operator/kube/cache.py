"""Remembers what the watches and our own writes last told about every stack and its children.

Objects are kept as compressed JSON: a thousand stacks have more than ten thousand children, and as
Python objects they would take many times the room.
"""

import json
import math
import zlib
from collections import defaultdict
from collections.abc import AsyncIterator, Iterable

from billing_operator.kinds import BILLING_STACK, JOB, POD, Key, Kind, Manifest, controller_of, key
from billing_operator.kube.api import Page
from billing_operator.names import MANAGER, STACK_LABEL

_Place = tuple[str, Key]
# An answer that was on its way while an object was deleted comes long before so many others are.
_MOST_DELETED = 5_000
_NO_CHILDREN = (BILLING_STACK.name, JOB.name, POD.name)


class Inventory:
    """The last known state of what is in scope; only ever replaced by something newer."""

    def __init__(self) -> None:
        self._objects: dict[_Place, bytes] = {}
        self._versions: dict[_Place, tuple[str, int]] = {}
        self._of_stack: defaultdict[Key, set[_Place]] = defaultdict(set)
        self._stack_of: dict[_Place, Key] = {}
        # Versions of objects at their end, by uid, oldest first.
        self._deleted: dict[str, int] = {}
        self._absent: set[str] = set()
        self._changes = 0
        self._changed: dict[Key, int] = {}

    def put(self, kind: Kind, live: Manifest) -> bool:
        """Takes in an object; false where a newer version, or its end, is known already."""
        place = (kind.name, key(live))
        uid, version = live["metadata"]["uid"], _version(live)
        known = self._versions.get(place)
        # Whatever its uid: the news of an earlier object of this name may come late.
        if known and version <= known[1]:
            return False
        # It was read before it was deleted, and no watch would tell of that again.
        if version <= self._deleted.get(uid, -1):
            return False
        self._versions[place] = (uid, version)
        self._objects[place] = zlib.compress(json.dumps(_kept(live)).encode(), level=1)
        self._belongs(place, stack_of(kind, live))
        return True

    def drop(self, kind: Kind, live: Manifest) -> None:
        """Forgets an object that was deleted, unless another of the same name has come."""
        place = (kind.name, key(live))
        self._deleted[live["metadata"]["uid"]] = _version(live)
        if len(self._deleted) > _MOST_DELETED:
            del self._deleted[next(iter(self._deleted))]
        if self._versions.get(place, ("", 0))[0] == live["metadata"]["uid"]:
            self._forget(place)

    def lose(self, kind: Kind, place: Key) -> None:
        """Forgets an object that is not there any more, if it was known."""
        if (kind.name, place) in self._objects:
            self._forget((kind.name, place))

    async def renew(self, kind: Kind, pages: AsyncIterator[Page]) -> None:
        """Takes in a whole list, and forgets what is not in it: a broken watch never told.

        Nothing is forgotten where the list breaks off.
        """
        listed: set[_Place] = set()
        version = math.inf
        self._absent.discard(kind.name)
        async for page in pages:
            for live in page.items:
                self.put(kind, live)
                listed.add((kind.name, key(live)))
            version = min(version, page.version)
        for place in [place for place in self._objects if place[0] == kind.name]:
            if place not in listed and self._versions[place][1] <= version:
                self._forget(place)

    def note_absence(self, kind: Kind) -> None:
        """Takes in that the cluster knows no such kind, nor any object of it."""
        self._absent.add(kind.name)
        for place in [place for place in self._objects if place[0] == kind.name]:
            self._forget(place)

    @property
    def absent(self) -> frozenset[str]:
        """Names of the kinds that the cluster was last found not to know."""
        return frozenset(self._absent)

    def stack(self, stack: Key) -> Manifest | None:
        """The custom resource of a stack."""
        place = (BILLING_STACK.name, stack)
        return self._load(place) if place in self._objects else None

    def revision(self, stack: Key) -> int:
        """Differs as soon as anything that is known of a stack does."""
        return self._changed.get(stack, 0)

    def stacks(self) -> Iterable[Key]:
        """Names of all stacks."""
        return [place[1] for place in self._objects if place[0] == BILLING_STACK.name]

    def uids(self) -> dict[Key, str]:
        """The uid of every stack, by its name."""
        known = self._versions.items()
        return {place[1]: uid for place, (uid, _) in known if place[0] == BILLING_STACK.name}

    def children(self, stack: Key) -> list[Manifest]:
        """What bears the stack's label, pods and Jobs excepted; whose it is stands in its owner."""
        return [self._load(p) for p in self._places(stack) if p[0] not in _NO_CHILDREN]

    def jobs(self, stack: Key) -> list[Manifest]:
        """The Jobs that bear the stack's label; whose they are stands in their owner."""
        return [self._load(place) for place in self._places(stack) if place[0] == JOB.name]

    def pods(self, stack: Key) -> list[Manifest]:
        """The pods that bear the stack's label."""
        return [self._load(place) for place in self._places(stack) if place[0] == POD.name]

    def _places(self, stack: Key) -> list[_Place]:
        return sorted(self._of_stack.get(stack, ()))

    def _load(self, place: _Place) -> Manifest:
        live: Manifest = json.loads(zlib.decompress(self._objects[place]))
        return live

    def _forget(self, place: _Place) -> None:
        del self._objects[place]
        del self._versions[place]
        self._belongs(place, None)

    def _belongs(self, place: _Place, stack: Key | None) -> None:
        before = self._stack_of.pop(place, None)
        if before:
            self._of_stack[before].discard(place)
            self._note_change(before)
        if stack:
            self._of_stack[stack].add(place)
            self._stack_of[place] = stack
            self._note_change(stack)

    def _note_change(self, stack: Key) -> None:
        self._changes += 1
        self._changed[stack] = self._changes
        if not self._of_stack[stack]:
            del self._of_stack[stack]
            del self._changed[stack]


def _kept(live: Manifest) -> Manifest:
    """Without what others have set, of which only the fields themselves are asked for."""
    if "managedFields" not in live["metadata"]:
        return live
    fields = live["metadata"]["managedFields"] or ()
    ours = [each for each in fields if each.get("manager") == MANAGER]
    return live | {"metadata": live["metadata"] | {"managedFields": ours}}


def stack_of(kind: Kind, live: Manifest) -> Key | None:
    """The stack that an object belongs to; the stack itself is its own."""
    if kind == BILLING_STACK:
        return key(live)
    owner = controller_of(live)
    # Nobody changes an owner in passing; only a pod, which is a ReplicaSet's, goes by its label.
    if owner and owner["kind"] == BILLING_STACK.name:
        return Key(live["metadata"]["namespace"], owner["name"])
    name = (live["metadata"].get("labels") or {}).get(STACK_LABEL)
    return Key(live["metadata"]["namespace"], name) if name else None


def _version(live: Manifest) -> int:
    return int(live["metadata"].get("resourceVersion") or 0)
