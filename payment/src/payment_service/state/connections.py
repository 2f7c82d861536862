"""Connections to the store: how each comes about in time, and how all of them are given up."""

import time
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple

from redis import ConnectionPool, Redis
from redis.backoff import NoBackoff
from redis.connection import Connection, SSLConnection
from redis.credentials import CredentialProvider
from redis.exceptions import AuthenticationError
from redis.maint_notifications import MaintNotificationsConfig
from redis.retry import Retry

from payment_service.files import Impatient, read_required_file
from payment_service.state.lookup import Lookup
from payment_service.text.mistakes import MistakesError
from payment_service.text.store_address import StoreAddress

_SHORTEST = 0.05  # what is left to connect after a slow look-up
_CONNECTIONS = 1024  # never reached: each thread has one at most


class PasswordFile(CredentialProvider):
    """Reads the password for every new connection, so that a new one is followed."""

    def __init__(self, path: Path, user: str | None, seconds: float) -> None:
        self._content = Impatient(str(path), lambda: read_required_file(path), seconds)
        self._user = user

    def flaw(self) -> str | None:
        """Says what is wrong with the file, if anything."""
        try:
            return None if self._read() else "is empty"
        except (MistakesError, ValueError):
            return "cannot be read"

    def get_credentials(self) -> tuple[str] | tuple[str, str]:
        """Returns what to log in with."""
        try:
            password = self._read()
        except (MistakesError, ValueError):
            # Not as it is: the client would leave its socket open.
            raise AuthenticationError from None
        return (password,) if self._user is None else (self._user, password)

    def _read(self) -> str:
        # A line break at its end is not part of it: Redis' own tools leave it out as well.
        return self._content().decode().rstrip("\r\n")


class _Connection(Connection):
    """A connection that comes about in time or never, wherever its name leads."""

    def __init__(self, *, lookup: Lookup, within: float, **rest: Any) -> None:
        super().__init__(socket_timeout=within, **rest)  # type: ignore[no-untyped-call]
        self._lookup = lookup
        self._within = within

    def _connect(self) -> Any:
        end = time.monotonic() + self._within
        name, addresses = self.host, self._lookup.addresses(self._within)
        # In turns, and so that the last one has its turn as well.
        self.socket_connect_timeout = max(end - time.monotonic(), _SHORTEST) / len(addresses)
        try:
            for address in addresses[:-1]:
                with suppress(OSError):
                    return self._connect_to(address)
            return self._connect_to(addresses[-1])
        finally:
            # By which a certificate is judged.
            self.host = name

    def _connect_to(self, address: str) -> Any:
        self.host = address
        try:
            return super()._connect()  # type: ignore[no-untyped-call]
        except OSError as error:
            # The client's own frame holds its error, and that the frame, and so all that called it.
            raise error.with_traceback(None) from None


class _SecureConnection(SSLConnection, _Connection):
    """Such a connection with TLS."""


class Pool(ConnectionPool):
    """Connections to whatever server the store's name led to when each was made."""

    retired = False

    def retire(self) -> None:
        """Closes those that nobody uses now; one that is in use is closed by whoever uses it."""
        with self._lock:
            self.retired = True
            self.disconnect(inuse_connections=False)

    def release(self, connection: Any) -> None:
        with self._lock:
            if self.retired:
                connection.disconnect()
            super().release(connection)


class Way(NamedTuple):
    """A client, and the connections that it alone uses."""

    redis: Redis
    pool: Pool


def open_way(
    address: StoreAddress, password_file: Path | None, lookup: Lookup, seconds: float
) -> Way:
    """Returns a way to the store on which nothing is connected yet, nor ever waits for longer."""
    user = address.user
    pool = Pool(
        connection_class=_SecureConnection if address.encrypted else _Connection,
        lookup=lookup,
        within=seconds,
        max_connections=_CONNECTIONS,
        host=address.host,
        port=address.port,
        db=address.database,
        username=None if password_file else user,
        credential_provider=PasswordFile(password_file, user, seconds) if password_file else None,
        retry=Retry(NoBackoff(), 0),
        # Each of these would be one more question and answer for every new connection.
        protocol=2,
        driver_info=None,
        maint_notifications_config=MaintNotificationsConfig(enabled=False),
    )
    return Way(Redis(connection_pool=pool), pool)
