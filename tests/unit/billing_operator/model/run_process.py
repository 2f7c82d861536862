"""The real program of a run's pod, in a thread of its own that runs only while all else stands.

Whatever it waits for, time included, it asks of the event loop, which goes on meanwhile.
"""

import asyncio
import json
import threading
from collections.abc import Awaitable, Callable
from http.client import HTTPConnection, HTTPResponse
from pathlib import Path
from typing import Any, Protocol, cast

from billing_operator.commands.pay_run import Antaeus, AskedToEnd, Leave, Patience, PayRun
from billing_operator.runs.report import Outcome
from unit.billing_operator.model.antaeus import AntaeusProcess, Batch, answer_of, now

_PATIENCE_SECONDS = 20.0
LEAVE_SECONDS = 40.0
_NETWORK_SECONDS = 0.02


class Killed(BaseException):
    """The process ends without another word."""


Wish = Callable[[], Awaitable[Any]]


class Thread:
    """Runs a program whose waits are carried out by the event loop."""

    def __init__(self, program: Callable[["Thread"], None]) -> None:
        self._program = program
        self._to_thread, self._to_loop = threading.Semaphore(0), threading.Semaphore(0)
        self._wish: Wish | None = None
        self._answer: Callable[[], Any] = lambda: None
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._current: asyncio.Task[Any] | None = None
        self._raise: BaseException | None = None
        self._failure: BaseException | None = None

    def wait_for(self, wish: Wish) -> Any:
        """Of the program: lets the loop do something, and returns what came of it."""
        self._wish = wish
        self._to_loop.release()
        self._to_thread.acquire()
        return self._answer()

    async def run(self) -> None:
        """Of the loop: the whole program."""
        self._thread.start()
        self._to_loop.acquire()
        while self._wish:
            wish, self._wish = self._wish, None
            self._answer = await self._done(wish)
            self._to_thread.release()
            self._to_loop.acquire()
        self._thread.join()
        if self._failure:
            raise self._failure

    def interrupt(self, error: BaseException) -> None:
        """Has the program meet an error where it waits."""
        self._raise = error
        if self._current:
            self._current.cancel()

    async def _done(self, wish: Wish) -> Callable[[], Any]:
        if self._raise is None:
            self._current = asyncio.ensure_future(wish())
            await asyncio.wait([self._current])
        if error := self._raise:
            if not isinstance(error, Killed):
                self._raise = None
            return _raising(error)
        assert self._current is not None
        error = self._current.exception()
        return _raising(error) if error else self._current.result

    def _run(self) -> None:
        try:
            self._program(self)
        except Killed:
            pass
        except BaseException as error:  # noqa: BLE001 - raised where the loop waits
            self._failure = error
        finally:
            self._wish = None
            self._to_loop.release()


def _raising(error: BaseException) -> Callable[[], Any]:
    def answer() -> Any:
        raise error

    return answer


class Network(Protocol):
    """Where the Service of Antaeus leads."""

    def antaeus(self) -> AntaeusProcess | None:
        """The Antaeus that a new connection reaches."""

    def called(self, process: AntaeusProcess, pod_uid: str) -> None:
        """Is told of a pay call before it begins."""


class RunProcess:
    """The container of a run's pod.

    Attributes:
        files: what the kubelet has written into its folder; message: its last words so far.
        batch: what it has set going; last_read: of which Antaeus it last read the invoices.
        lost: while set, no answer reaches it any more.
    """

    def __init__(self, uid: str, network: Network, ended: Callable[["RunProcess"], None]) -> None:
        self.uid = uid
        self.network = network
        self.files: dict[str, str] = {}
        self.message = ""
        self.batch: Batch | None = None
        self.outcome: Outcome | None = None
        self.last_read: AntaeusProcess | None = None
        self.asked_to_end = False
        self.ended: float | None = None
        self.lost = asyncio.Event()
        self._ended = ended
        self._thread = Thread(self._main)
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begins."""
        self._task = asyncio.get_running_loop().create_task(self._live())

    def terminate(self) -> None:
        """Asks it to end."""
        if not self.asked_to_end:
            self.asked_to_end = True
            self._thread.interrupt(AskedToEnd())

    def kill(self) -> None:
        """Ends it."""
        self._thread.interrupt(Killed())

    async def gone(self) -> None:
        """Waits for its end."""
        if self._task:
            await self._task

    async def _live(self) -> None:
        await self._thread.run()
        self.ended = now()
        self._ended(self)

    def _main(self, thread: Thread) -> None:
        patience = Patience(
            seconds=_PATIENCE_SECONDS,
            leave_seconds=LEAVE_SECONDS,
            leave_pause=1.0,
            clock=lambda: thread.wait_for(_time),
            sleep=lambda seconds: thread.wait_for(lambda: asyncio.sleep(seconds)),
        )
        antaeus = Antaeus("http://antaeus:8000", _connections(self, thread))
        file = cast("Path", _File(self, None))
        leave = Leave(cast("Path", _Folder(self)))
        self.outcome = PayRun(antaeus, file, lambda _: None, leave, patience=patience)()


async def _time() -> float:
    return now()


class _Folder:
    """The folder of files that the kubelet keeps up with the pod's annotations."""

    def __init__(self, process: RunProcess) -> None:
        self._process = process

    def __truediv__(self, name: str) -> "_File":
        return _File(self._process, name)


class _File:
    """One of them; without a name, the one for the last words."""

    def __init__(self, process: RunProcess, name: str | None) -> None:
        self._process, self._name = process, name

    def read_text(self) -> str:
        return self._process.files.get(self._name or "", "")

    def write_text(self, text: str) -> None:
        self._process.message = text


class _Socket:
    def settimeout(self, _seconds: float | None) -> None:
        """Nothing here lasts for ever."""

    def setsockopt(self, *_: object) -> None:
        """No option matters here."""


class _Response:
    def __init__(self, status: int, body: bytes) -> None:
        self.status, self._body = status, body

    def read(self) -> bytes:
        return self._body


def _connections(of: RunProcess, at: Thread) -> type[HTTPConnection]:
    """Connections of this process."""

    class Connection(_Connection):
        process, thread = of, at

    return Connection


class _Connection(HTTPConnection):
    """One that stays with the very Antaeus to which it was led."""

    process: RunProcess
    thread: Thread
    _peer: AntaeusProcess | None = None
    _method = ""
    _batch: Batch | None = None

    def connect(self) -> None:
        self.thread.wait_for(_network)
        self._peer = self.process.network.antaeus()
        if self._peer is None:
            raise ConnectionRefusedError("nobody listens")
        self.sock = _Socket()

    def request(self, method: str, *_: Any, **__: Any) -> None:
        if self.sock is None:
            self.connect()
        self._method = method
        peer = self._peer
        if method == "POST" and peer and peer.alive:
            self._batch = self.thread.wait_for(lambda: _call(self.process, peer))

    def getresponse(self) -> HTTPResponse:
        self.thread.wait_for(_network)
        if self._peer is None or not self._peer.alive:
            raise ConnectionResetError("reset by peer")
        batch = self._batch
        if self._method == "POST" and batch:
            found = self.thread.wait_for(lambda: _answer_or_loss(self.process, batch))
        else:
            self.process.last_read = self._peer
            found = (200, json.dumps(self._peer.invoices()).encode())
        return cast("HTTPResponse", _Response(*found))

    def close(self) -> None:
        self.sock = None


async def _call(process: RunProcess, antaeus: AntaeusProcess) -> Batch:
    process.network.called(antaeus, process.uid)
    process.batch = antaeus.pay(process.uid)
    return process.batch


async def _network() -> None:
    await asyncio.sleep(_NETWORK_SECONDS)


async def _answer_or_loss(process: RunProcess, batch: Batch) -> tuple[int, bytes]:
    answer = asyncio.ensure_future(answer_of(batch))
    lost = asyncio.ensure_future(process.lost.wait())
    try:
        await asyncio.wait([answer, lost], return_when=asyncio.FIRST_COMPLETED)
        if answer.done():
            return answer.result()
    finally:
        lost.cancel()
        answer.cancel()
    raise ConnectionResetError("a firewall forgot the connection")
