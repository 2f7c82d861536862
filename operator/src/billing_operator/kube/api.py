"""The port to the API server: the few verbs that the operator needs of it."""

from collections.abc import AsyncIterator
from typing import NamedTuple, Protocol

from billing_operator.kinds import Key, Kind, Manifest


class Page(NamedTuple):
    """Some of the objects of one kind, and the version of the whole at which they were read."""

    items: list[Manifest]
    version: int


class Cluster(Protocol):
    """What the API server is asked to do. Every call raises ClusterError where it refuses."""

    async def read(self, kind: Kind, key: Key) -> Manifest | None:
        """A live object, or None where there is none."""
        ...

    def pages(self, kind: Kind) -> AsyncIterator[Page]:
        """All objects of a kind in scope, of other kinds than BillingStack those with our label.

        Page by page, since thousands at once would take their room for ever.
        """
        ...

    async def list_stack(self, kind: Kind, stack: Key) -> list[Manifest]:
        """The objects of a kind that bear the label of one stack."""
        ...

    async def apply(
        self, manifest: Manifest, *, new: bool = False, dry_run: bool = False
    ) -> Manifest:
        """Server-side apply of a child; returns the object as it is now.

        With new it only creates, and raises Conflict where there is one of that name. With dry_run
        it changes nothing, and returns the object as it would be.
        """
        ...

    async def rewrite_field_owners(self, live: Manifest, managed_fields: list[Manifest]) -> None:
        """Rewrites who set which field; raises Conflict if the object changed since it was read."""
        ...

    async def apply_status(self, stack: Manifest, status: Manifest) -> Manifest:
        """Server-side apply of the status that was judged by a stack; returns it as it is now.

        Raises Conflict if the stack changed since it was read, whoever changed it.
        """
        ...

    async def create(self, manifest: Manifest) -> Manifest:
        """Makes an object; raises Conflict where there is one of that name."""
        ...

    async def replace(self, live: Manifest) -> Manifest:
        """Puts an object in place of exactly the one that was read; raises Conflict otherwise."""
        ...

    async def delete(self, live: Manifest, *, unchanged: bool = False) -> None:
        """Removes exactly this object, not another of the same name.

        With unchanged it raises Conflict if the object changed since it was read.
        """
        ...

    async def resume(self, job: Manifest) -> Manifest:
        """Lets a suspended Job begin; raises Conflict if it changed since it was read."""
        ...

    async def annotate(self, live: Manifest, annotations: dict[str, str]) -> Manifest:
        """Annotates an object; raises Conflict if it changed since it was read."""
        ...

    async def last_refusal(self, namespace: str, uid: str) -> str:
        """What was said last when a pod could not be made for this object; empty where nothing."""
        ...

    async def annotate_pod(self, key: Key, annotations: dict[str, str]) -> None:
        """Writes annotations on a pod itself, which restarts nothing."""
        ...
