"""Notes when a watcher first sees each object of a namespace."""

import asyncio
import json
import time
from collections import defaultdict
from types import TracebackType
from typing import Self

from kubernetes.aio.client import ApiClient

from billing_operator.kinds import Kind


class Arrivals:
    """Watches some kinds in one namespace while it is entered."""

    def __init__(self, client: ApiClient, namespace: str, kinds: tuple[Kind, ...]) -> None:
        self._client = client
        self._namespace = namespace
        self._kinds = kinds
        self._seen: defaultdict[str, dict[str, float]] = defaultdict(dict)
        self._changed = asyncio.Condition()
        self._tasks: list[asyncio.Task[None]] = []

    async def __aenter__(self) -> Self:
        opened = [asyncio.Event() for _ in self._kinds]
        self._tasks = [
            asyncio.create_task(self._watch(kind, event))
            for kind, event in zip(self._kinds, opened, strict=True)
        ]
        await asyncio.gather(*(event.wait() for event in opened))
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def last_of(self, stack: str, objects: int, *, within: float = 30.0) -> float:
        """When the last of so many objects of a stack was seen (time.perf_counter)."""
        seen = self._seen[stack]
        async with asyncio.timeout(within), self._changed:
            await self._changed.wait_for(lambda: len(seen) >= objects)
        return max(seen.values())

    def at(self, stack: str, kind: Kind) -> float:
        """When the object of this kind that bears the stack's own name was seen."""
        return self._seen[stack][f"{kind.name} {stack}"]

    async def _watch(self, kind: Kind, opened: asyncio.Event) -> None:
        path = f"{kind.path(self._namespace)}?watch=1"
        method, url, headers, body, _ = await self._client.param_serialize(
            "GET", path, header_params={"Accept": "application/json"}, auth_settings=["BearerToken"]
        )
        answer = await self._client.call_api(method, url, headers, body, _request_timeout=3600)
        opened.set()
        async for line in answer.response.content:
            event = json.loads(line)
            if event["type"] == "ADDED":
                await self._note(kind, event["object"]["metadata"]["name"])

    async def _note(self, kind: Kind, name: str) -> None:
        at = time.perf_counter()
        # Stacks of a run are called word-number, and their children word-number-something.
        stack = "-".join(name.split("-")[:2])
        async with self._changed:
            self._seen[stack].setdefault(f"{kind.name} {name}", at)
            self._changed.notify_all()
