"""Sends charges the way the original's HTTP client (Java's HttpURLConnection) does.

What matters for a payment service is the silent repeat: if a connection ends before any byte of an
answer, the same POST goes out once more on a new connection, without a trace in Antaeus' answer.
TLS is not spoken.
"""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException, HTTPResponse, InvalidURL
from threading import Lock
from urllib.parse import urljoin, urlsplit

_TIMEOUT_SECONDS = 30.0  # for the connect and for each read
_IDLE_SECONDS = 5.0
_REDIRECTS = (301, 302, 303, 307, 308)
_MOST_REDIRECTS = 20

Address = tuple[str, int]


class UnansweredError(ConnectionError):
    """The connection ended before the first byte of an answer."""


class RedirectError(HTTPException):
    """A redirect that names no target, or one too many."""


class _Response(HTTPResponse):
    """Tells apart an answer that never began from one that breaks off."""

    def begin(self) -> None:
        try:
            first = self.fp.peek(1)
        except ConnectionError as error:
            raise UnansweredError from error
        if not first:
            raise UnansweredError
        super().begin()


class _Connection(HTTPConnection):
    response_class = _Response


@dataclass(slots=True)
class Attempt:
    """What is known of a charge, also if it fails halfway."""

    sent: int = 0
    """How often the POST went out: a silent repeat and a redirect each count."""
    status: int | None = None


class _Idle:
    """Connections kept for the next charge, also one of a later pay call, for up to 5 s."""

    def __init__(self, now: Callable[[], float]) -> None:
        self._now = now
        self._lock = Lock()
        self._kept: dict[Address, list[tuple[float, _Connection]]] = {}

    def take(self, address: Address) -> _Connection | None:
        """Returns the most recently used connection; does not look whether it still lives."""
        with self._lock:
            kept = self._kept.get(address, [])
            while kept:
                since, connection = kept.pop()
                if self._now() - since <= _IDLE_SECONDS:
                    return connection
                connection.close()
        return None

    def keep(self, address: Address, connection: _Connection) -> None:
        with self._lock:
            self._kept.setdefault(address, []).append((self._now(), connection))

    def close(self) -> None:
        with self._lock:
            for kept in self._kept.values():
                for _, connection in kept:
                    connection.close()
            self._kept.clear()


class ChargeClient:
    """Posts to one endpoint; several threads may use it at once."""

    def __init__(
        self,
        endpoint: str,
        headers: Mapping[str, str],
        *,
        timeout: float = _TIMEOUT_SECONDS,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self._endpoint = endpoint
        self._headers = headers
        self._timeout = timeout
        self._idle = _Idle(now)

    def close(self) -> None:
        """Closes what is kept for re-use."""
        self._idle.close()

    def post(self, body: bytes, attempt: Attempt) -> bytes:
        """Returns the body of the answer, whatever its status; a redirect repeats the POST."""
        url = self._endpoint
        for _ in range(_MOST_REDIRECTS):
            response, content = self._post_to(url, body, attempt)
            if response.status not in _REDIRECTS:
                return content
            location = response.getheader("Location")
            if location is None:
                raise RedirectError
            url = urljoin(url, location)
        raise RedirectError

    def _post_to(self, url: str, body: bytes, attempt: Attempt) -> tuple[HTTPResponse, bytes]:
        target = urlsplit(url)
        if target.scheme != "http" or not target.hostname:
            raise InvalidURL(url)
        address = (target.hostname, target.port or 80)
        path = (target.path or "/") + (f"?{target.query}" if target.query else "")
        try:
            connection = self._idle.take(address) or self._connection(address)
            return self._exchange(connection, path, body, attempt)
        except UnansweredError:
            # The silent repeat. Once: if this connection ends the same way, the charge has failed.
            return self._exchange(self._connection(address), path, body, attempt)

    def _connection(self, address: Address) -> _Connection:
        return _Connection(*address, timeout=self._timeout)

    def _exchange(
        self, connection: _Connection, path: str, body: bytes, attempt: Attempt
    ) -> tuple[HTTPResponse, bytes]:
        reusable = False
        try:
            self._send(connection, path, body, attempt)
            response = connection.getresponse()
            attempt.status = response.status
            content = response.read()
            reusable = not response.will_close
            return response, content
        finally:
            if reusable:
                self._idle.keep((connection.host, connection.port), connection)
            else:
                connection.close()

    def _send(self, connection: _Connection, path: str, body: bytes, attempt: Attempt) -> None:
        connection.putrequest("POST", path)
        for name, value in self._headers.items():
            # Raises ValueError for a token that ends in a line break, before anything is sent.
            connection.putheader(name, value)
        connection.putheader("Content-Length", str(len(body)))
        if connection.sock is None:
            connection.connect()  # what goes wrong here is not repeated
        attempt.sent += 1
        try:
            connection.endheaders(body)
        except ConnectionError as error:
            raise UnansweredError from error
