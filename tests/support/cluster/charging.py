"""Charges each payment pod without a pause, by the API server's proxy, and keeps books."""

import base64
import json
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from dataclasses import dataclass
from http.client import HTTPSConnection
from urllib.parse import urlsplit

from billing_dev.clients.api_server import Access, ApiServer
from billing_operator.kinds import SECRET
from billing_operator.names import CHARGE_PORT, TOKEN_KEY, token_secret_name

_SECONDS = 30.0
# No two pods are sent a charge of the same value.
_APART = 1_000_000


@dataclass(frozen=True, slots=True)
class Told:
    """A charge that was sent, and the answer; its value names it.

    Attributes:
        answered: when, by the monotonic clock.
        status: of HTTP; 0 where no answer came.
    """

    pod: str
    value: int
    answered: float
    status: int


class Books:
    """Every charge that was sent."""

    def __init__(self) -> None:
        self.told: list[Told] = []
        self._latest: dict[str, Told] = {}

    def keep(self, told: Told) -> None:
        """Writes down one more."""
        self.told.append(told)
        self._latest[told.pod] = told

    def latest(self) -> dict[str, Told]:
        """The last charge of each pod."""
        return dict(self._latest)


def charge_once(
    access: Access, namespace: str, pod: str, token: str, **headers: str
) -> tuple[int, dict[str, str]]:
    """One charge that is the same each time, of one pod; status and headers of the answer."""
    body = json.dumps({"currency": "USD", "customer_id": 1, "value": 1})
    with closing(_connection(access)) as connection:
        connection.request("POST", _path(namespace, pod), body, _headers(token) | headers)
        answer = connection.getresponse()
        answer.read()
        return answer.status, dict(answer.getheaders())


def _charged(connection: HTTPSConnection, path: str, value: int, headers: dict[str, str]) -> int:
    """The status of one charge's answer, 0 where none came."""
    body = json.dumps({"currency": "USD", "customer_id": 1, "value": value})
    try:
        connection.request("POST", path, body, headers)
        answer = connection.getresponse()
        answer.read()
    except OSError:
        connection.close()
        return 0
    return answer.status


def _connection(access: Access) -> HTTPSConnection:
    address = urlsplit(access.server)
    return HTTPSConnection(
        address.hostname or "", address.port, timeout=_SECONDS, context=access.as_admin()
    )


def _path(namespace: str, pod: str) -> str:
    return f"/api/v1/namespaces/{namespace}/pods/{pod}:{CHARGE_PORT}/proxy/"


def _headers(token: str) -> dict[str, str]:
    return {"Content-Type": "application/json", "X-Token": token}


def token_of(api: ApiServer, namespace: str, stack: str) -> str:
    """The token that the operator made for a stack."""
    secret = api.read(SECRET, namespace, token_secret_name(stack))
    assert secret is not None
    return base64.b64decode(secret["data"][TOKEN_KEY]).decode()


@contextmanager
def charging(
    access: Access, namespace: str, pods: list[str], token: str | Callable[[], str]
) -> Iterator[Books]:
    """Sends charges, one after the other to each pod, until the block ends.

    Args:
        token: where it may change, what is asked for it before each charge, by all at once.
    """
    books, over = Books(), threading.Event()

    def charge(number: int, pod: str) -> None:
        value = number * _APART
        with closing(_connection(access)) as connection:
            while not over.is_set():
                value += 1
                headers = _headers(token if isinstance(token, str) else token())
                status = _charged(connection, _path(namespace, pod), value, headers)
                books.keep(Told(pod, value, time.monotonic(), status))

    with ThreadPoolExecutor(len(pods)) as pool:
        under_way = [pool.submit(charge, number, pod) for number, pod in enumerate(pods, start=1)]
        try:
            yield books
        finally:
            over.set()
        for each in under_way:
            each.result()
