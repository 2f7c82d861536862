"""Stands between an operator and the API server, and does what no API server can be asked to do.

It passes everything on and writes down what it saw. A rule picks requests and says what happens to
them instead: an answer of its own, none, a late one, or a watch that breaks off, falls silent or is
told that its place in history is gone. What is behind it stays a real API server throughout.
"""

import asyncio
import json
import ssl
import threading
import time
from collections.abc import Coroutine, Mapping
from contextlib import AbstractAsyncContextManager, suppress
from typing import Any, Self

import aiohttp
from aiohttp import web

from billing_dev.clients.api_server import Access
from support.cluster.api_faults import Moment, Rule, Seen
from support.cluster.in_process import sweep_up

_OF_CONNECTION = ("connection", "content-length", "host", "keep-alive", "transfer-encoding")
_SECONDS = 10.0


class Stream:
    """A watch that is open at the moment."""

    def __init__(self, seen: Seen) -> None:
        self.seen = seen
        self.silent = False
        self._lines: asyncio.Queue[bytes | None] = asyncio.Queue()
        self._loop = asyncio.get_running_loop()

    def say(self, event: dict[str, Any]) -> None:
        """Puts an event of the test's own between those of the API server."""
        self._put(json.dumps(event).encode() + b"\n")

    def end(self) -> None:
        """Ends the connection, as if a machine between had gone."""
        self._put(None)

    async def next(self) -> bytes | None:
        """What to pass on; None to end it."""
        return await self._lines.get()

    async def read(self, answer: aiohttp.ClientResponse) -> None:
        """Takes in what the API server says until it says no more."""
        with suppress(aiohttp.ClientError):
            async for line in answer.content:
                if not self.silent:
                    self._lines.put_nowait(line)
        self._lines.put_nowait(None)

    def _put(self, line: bytes | None) -> None:
        self._loop.call_soon_threadsafe(self._lines.put_nowait, line)


class ApiProxy:
    """Runs in a thread of its own while it is entered."""

    def __init__(self, access: Access) -> None:
        self._access = access
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="api-proxy")
        self._runner: web.AppRunner | None = None
        self._session: aiohttp.ClientSession | None = None
        self._rules: list[Rule] = []
        self._streams: list[Stream] = []
        self.seen: list[Seen] = []
        self.url = ""

    def __enter__(self) -> Self:
        self._thread.start()
        self._in_loop(self._start())
        return self

    def __exit__(self, *_: object) -> None:
        self._in_loop(self._stop())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()
        # What a process that was killed has left open hangs on these.
        self._session = self._runner = None
        sweep_up()

    def add(self, rule: Rule) -> Rule:
        """From now on the rule holds; of several that pick a request, the first happens to it."""
        self._rules.append(rule)
        return rule

    def clear(self) -> None:
        """Forgets all rules: everything goes by."""
        self._rules.clear()

    def streams(self, plural: str) -> list[Stream]:
        """The open watches of a kind."""
        return [each for each in self._streams if each.seen.path.rpartition("/")[2] == plural]

    def _in_loop(self, doing: Coroutine[Any, Any, None]) -> None:
        asyncio.run_coroutine_threadsafe(doing, self._loop).result(timeout=_SECONDS)

    async def _start(self) -> None:
        context = ssl.create_default_context(cafile=self._access.ca)
        connector = aiohttp.TCPConnector(ssl=context, limit=0)
        self._session = aiohttp.ClientSession(
            connector=connector, auto_decompress=False, read_bufsize=2**21
        )
        app = web.Application(client_max_size=2**24)
        app.router.add_route("*", "/{path:.*}", self._handle)
        self._runner = web.AppRunner(app, shutdown_timeout=0.1)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        self.url = f"http://127.0.0.1:{self._runner.addresses[0][1]}"

    async def _stop(self) -> None:
        for stream in self._streams:
            stream.end()
        if self._runner:
            await self._runner.cleanup()
        if self._session:
            await self._session.close()

    async def _handle(self, request: web.Request) -> web.StreamResponse:
        body = await request.read()
        seen = Seen(request.method, request.path, dict(request.query), body, time.monotonic())
        self.seen.append(seen)
        rule = next((rule for rule in list(self._rules) if rule.takes(seen)), None)
        if rule and rule.moment is Moment.BEFORE:
            instead = await rule.effect(request)
            if instead is not None:
                return instead
        async with self._pass_on(request, body) as answer:
            if seen.watches and answer.status == 200:
                return await self._stream(request, seen, answer)
            content = await answer.read()
        if rule and rule.moment is Moment.AFTER:
            instead = await rule.effect(request)
            if instead is not None:
                return instead
        return web.Response(status=answer.status, body=content, headers=_kept(answer.headers))

    def _pass_on(
        self, request: web.Request, body: bytes
    ) -> AbstractAsyncContextManager[aiohttp.ClientResponse]:
        assert self._session is not None
        return self._session.request(
            request.method,
            self._access.server + str(request.rel_url),
            data=body or None,
            headers=_kept(request.headers),
            skip_auto_headers=("Content-Type",),
            timeout=aiohttp.ClientTimeout(total=None),
        )

    async def _stream(
        self, request: web.Request, seen: Seen, answer: aiohttp.ClientResponse
    ) -> web.StreamResponse:
        response = web.StreamResponse(headers=_kept(answer.headers))
        await response.prepare(request)
        stream = Stream(seen)
        self._streams.append(stream)
        reading = asyncio.create_task(stream.read(answer))
        try:
            with suppress(ConnectionError):
                while (line := await stream.next()) is not None:
                    await response.write(line)
            if request.transport:
                request.transport.abort()
        finally:
            reading.cancel()
            self._streams.remove(stream)
        return response


def _kept(headers: Mapping[str, str]) -> dict[str, str]:
    """Without what belongs to one connection and not to the message."""
    return {name: value for name, value in headers.items() if name.lower() not in _OF_CONNECTION}
