"""Speaks to the store: runs the one script there, in time or not at all, and shows no password."""

import logging
import re
import threading
import time
from collections.abc import Callable, Sequence
from functools import partial
from hashlib import sha1
from importlib.resources import files
from pathlib import Path
from typing import Any, TypeVar

from redis import Redis, RedisError
from redis.exceptions import NoScriptError, ResponseError

from payment_service.state.connections import Way, open_way
from payment_service.state.interface import StoreLostError
from payment_service.state.lookup import Lookup
from payment_service.text.store_address import StoreAddress

AGAIN_SECONDS = 0.5
"""How long a lost store is left alone before one call, and no more at a time, tries it again."""

_FOLDER = files("payment_service.state")
_SCRIPT = "\n".join(_FOLDER.joinpath(name).read_text() for name in ("entries.lua", "shared.lua"))
_SCRIPT_ID = sha1(_SCRIPT.encode(), usedforsecurity=False).hexdigest()

T = TypeVar("T")

_log = logging.getLogger(__name__)


class _WrongKeyError(ResponseError):
    """A key of the store holds something else; the text says which and what."""


class Store:
    """A Redis that is asked once and never again for the same thing.

    What was sent may have been done, so nothing is sent twice. While the store is lost, calls
    fail at once, but for the one script that tries it again every AGAIN_SECONDS.

    Any failure, and any answer that is an error, gives up all connections: the server may not be
    the one any more that the store's name leads to. So the next try looks the name up again.
    """

    def __init__(
        self, address: StoreAddress, password_file: Path | None, answer_seconds: float
    ) -> None:
        """Does not connect yet, so a store that is not there is told by the first call.

        Args:
            address: where it is.
            password_file: what its password is read from, if it has one.
            answer_seconds: how long to wait for a connection, and how long for an answer on it.
        """
        self._address = address
        lookup = Lookup(address.host, address.port)
        self._new_way = partial(open_way, address, password_file, lookup, answer_seconds)
        self._way = self._new_way()
        self._changing = threading.Lock()
        self._trying_again = threading.Lock()
        self._lost: str | None = None
        """Why it is lost, if it is."""
        self._told: set[str] = set()
        self._again = 0.0

    @property
    def lost(self) -> bool:
        """Whether it could not be written to when that was tried last."""
        return self._lost is not None

    def run_script(self, keys: Sequence[str], arguments: Sequence[bytes]) -> Any:
        """Runs the script, all of it or nothing; raises StoreLostError.

        A server that refuses to be written to refuses it, also where it would only read. So its
        answer says that the store is not lost.
        """

        def run(redis: Redis) -> Any:
            words: tuple[str | bytes, ...] = (*keys, *arguments)
            try:
                try:
                    return redis.evalsha(_SCRIPT_ID, len(keys), *words)
                except NoScriptError:  # new there, or started again: it did nothing so far
                    return redis.eval(_SCRIPT, len(keys), *words)
            except ResponseError as error:
                raise _as_wrong_key(error, keys) from None

        lost = self._lost
        if lost is None:
            return self._ask(self._way, run)
        if time.monotonic() < self._again or not self._trying_again.acquire(blocking=False):
            raise StoreLostError(lost)
        try:
            way = self._way
            answer = self._ask(way, run)
            self._find(way)
        finally:
            self._trying_again.release()
        return answer

    def ask(self, question: Callable[[Redis], T]) -> T:
        """Reads from the store; raises StoreLostError.

        A lost store is not read, nor tried again so: what answers may be a replica.
        """
        if self._lost is not None:
            raise StoreLostError(self._lost)
        return self._ask(self._way, question)

    def close(self) -> None:
        """Closes the connections, each as soon as nobody uses it."""
        self._way.pool.retire()

    def _ask(self, way: Way, question: Callable[[Redis], T]) -> T:
        try:
            return question(way.redis)
        # A name that is none, and an answer that is not in Redis' language, are no RedisError.
        except (RedisError, OSError, ValueError, LookupError) as error:
            # Without the error itself: a server that knows no AUTH repeats the password in it.
            raise StoreLostError(self._lose(way, _reason(error))) from None

    def _lose(self, way: Way, reason: str) -> str:
        lost = f"the store {self._address} is lost: {reason}"
        with self._changing:
            # Else its connections have been given up already, and those of now may be better.
            if way is self._way:
                self._way = self._new_way()
                way.pool.retire()
                self._again = time.monotonic() + AGAIN_SECONDS
                self._lost = lost
                if reason not in self._told:
                    self._told.add(reason)
                    _log.warning("%s", lost)
        return lost

    def _find(self, way: Way) -> None:
        with self._changing:
            if way is self._way:
                self._lost = None
                self._told.clear()
                _log.warning("the store %s is used again", self._address)


def _as_wrong_key(error: ResponseError, keys: Sequence[str]) -> ResponseError:
    """Returns the error with the name of the key that holds something else, if that is it."""
    code, key, text = (*str(error).split(" ", 2), "", "")[:3]
    # Only what the script may have said: another text of a server might have a password in it.
    kind = _WRONG_KIND.fullmatch(text)
    if code != "WRONGTYPE" or key not in keys or kind is None:
        return error
    return _WrongKeyError(f"its key {key} {kind[0]}, which nothing of this service wrote")


def _reason(error: Exception) -> str:
    """Says what kind of error it is: by its class, the code that begins it, and what it means."""
    if isinstance(error, _WrongKeyError):
        return str(error)
    name, text = type(error).__name__, str(error)
    code = text.partition(" ")[0]
    if isinstance(error, ResponseError) and code.isalpha() and code.isupper():
        name = f"{name} {code}"
    known = (meaning for pattern, meaning in _MEANINGS_OF_TEXTS if pattern.match(text))
    meaning = next(known, None) or _MEANINGS.get(type(error).__name__)
    return name if meaning is None else f"{name}: {meaning}"


_NO_REDIS = "it does not answer as a Redis does"
_CLUSTER = "it is a node of a Redis Cluster, which is not supported"
_MEANINGS = {
    "AskError": _CLUSTER,
    "IndexError": _NO_REDIS,
    "UnicodeError": "its name cannot be looked up",
    "ValueError": _NO_REDIS,
    "BusyLoadingError": "it is still loading its data",
    "ClusterCrossSlotError": _CLUSTER,
    "ClusterDownError": _CLUSTER,
    "MasterDownError": "it is a replica without its master",
    "MovedError": _CLUSTER,
    "OutOfMemoryError": "its memory is full",
    "ReadOnlyError": "it is a replica",
    "TryAgainError": _CLUSTER,
}
_MEANINGS_OF_TEXTS = (
    (
        re.compile(r"unknown command ['`]evalsha['`]", re.IGNORECASE),
        "it runs no scripts, as a Sentinel does not",
    ),
    # To who is a stranger, a question of this size is no question yet.
    (re.compile("NOAUTH|Protocol error: unauthenticated"), "it wants a password"),
)
_WRONG_KIND = re.compile(r"is a [a-z]+")
