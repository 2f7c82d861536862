"""Speaks to the store: runs the one script there, in time or not at all, and shows no password."""

import threading
import time
from collections.abc import Callable, Sequence
from hashlib import sha1
from importlib.resources import files
from pathlib import Path
from typing import Any, TypeVar

from redis import ConnectionPool, Redis, RedisError
from redis.backoff import NoBackoff
from redis.connection import Connection, SSLConnection
from redis.credentials import CredentialProvider
from redis.exceptions import AuthenticationError, NoScriptError, ResponseError
from redis.maint_notifications import MaintNotificationsConfig
from redis.retry import Retry

from payment_service.files import Impatient, read_required_file
from payment_service.state.interface import StoreLostError
from payment_service.text.mistakes import MistakesError
from payment_service.text.store_address import StoreAddress

ANSWER_SECONDS = 0.35
"""How long to wait for a connection, and how long for an answer on it."""
AGAIN_SECONDS = 0.5
"""How long a lost store is left alone before one call, and no more at a time, tries it again."""
_CONNECTIONS = 1024  # never reached: each thread has one at most

_SCRIPT = files("payment_service.state").joinpath("shared.lua").read_text()
_SCRIPT_ID = sha1(_SCRIPT.encode(), usedforsecurity=False).hexdigest()

T = TypeVar("T")


class PasswordFile(CredentialProvider):
    """Reads the password for every new connection, so that a new one is followed."""

    def __init__(self, path: Path, user: str | None) -> None:
        self._content = Impatient(str(path), lambda: read_required_file(path), ANSWER_SECONDS)
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


class Store:
    """A Redis that is asked once and never again for the same thing.

    What was sent may have been done, so nothing is sent twice. While the store is lost, calls
    fail at once, but for the one that tries it again every AGAIN_SECONDS.
    """

    def __init__(self, address: StoreAddress, password_file: Path | None = None) -> None:
        """Does not connect yet, so a store that is not there is told by the first call."""
        self._address = address
        self._redis = _client(address, password_file)
        self._trying_again = threading.Lock()
        self._lost = False
        self._again = 0.0

    @property
    def lost(self) -> bool:
        """Whether the last call failed."""
        return self._lost

    def run_script(self, keys: Sequence[str], arguments: Sequence[bytes]) -> Any:
        """Runs the script, all of it or nothing; raises StoreLostError."""

        def run(redis: Redis) -> Any:
            words: tuple[str | bytes, ...] = (*keys, *arguments)
            try:
                return redis.evalsha(_SCRIPT_ID, len(keys), *words)
            except NoScriptError:  # new there, or started again: it did nothing so far
                return redis.eval(_SCRIPT, len(keys), *words)

        return self.ask(run)

    def ask(self, question: Callable[[Redis], T]) -> T:
        """Asks the store something; raises StoreLostError."""
        if not self._lost:
            return self._ask(question)
        if time.monotonic() < self._again or not self._trying_again.acquire(blocking=False):
            raise StoreLostError(f"the store {self._address} is lost")
        try:
            return self._ask(question)
        finally:
            self._trying_again.release()

    def close(self) -> None:
        """Closes the connections that nobody uses now."""
        # Not close() alone: the client leaves a pool that it was given to whoever gave it.
        # One that is in use is closed by whoever uses it.
        self._redis.connection_pool.disconnect(inuse_connections=False)

    def _ask(self, question: Callable[[Redis], T]) -> T:
        try:
            answer = question(self._redis)
        except RedisError as error:
            self._again = time.monotonic() + AGAIN_SECONDS
            self._lost = True
            # Without the error itself: a server that knows no AUTH repeats the password in it.
            message = f"the store {self._address} is lost: {_kind(error)}"
            raise StoreLostError(message) from None
        self._lost = False
        return answer


def _client(address: StoreAddress, password_file: Path | None) -> Redis:
    pool = ConnectionPool(
        connection_class=SSLConnection if address.encrypted else Connection,
        max_connections=_CONNECTIONS,
        host=address.host,
        port=address.port,
        db=address.database,
        username=None if password_file else address.user,
        credential_provider=PasswordFile(password_file, address.user) if password_file else None,
        socket_timeout=ANSWER_SECONDS,
        socket_connect_timeout=ANSWER_SECONDS,
        retry=Retry(NoBackoff(), 0),
        # Each of these would be one more question and answer for every new connection.
        protocol=2,
        driver_info=None,
        maint_notifications_config=MaintNotificationsConfig(enabled=False),
    )
    return Redis(connection_pool=pool)


def _kind(error: RedisError) -> str:
    """Says what kind of error it is by its class and, of an answer, the code that begins it."""
    code = str(error).partition(" ")[0]
    coded = isinstance(error, ResponseError) and code.isalpha() and code.isupper()
    return f"{type(error).__name__} {code}" if coded else type(error).__name__
