"""What may happen to a request between an operator and the API server, and to which."""

import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from enum import Enum, auto

from aiohttp import web

_WRITING = frozenset({"POST", "PUT", "PATCH", "DELETE"})


class Moment(Enum):
    """When something happens to a request."""

    BEFORE = auto()
    """The API server has not seen it."""
    AFTER = auto()
    """The API server has done it, and the operator does not know yet."""


@dataclass(frozen=True, slots=True)
class Seen:
    """One request as it came in.

    Attributes:
        at: when, by the monotonic clock.
    """

    method: str
    path: str
    query: dict[str, str]
    body: bytes = field(repr=False)
    at: float

    @property
    def writes(self) -> bool:
        """Whether it is meant to change something."""
        return self.method in _WRITING

    @property
    def watches(self) -> bool:
        """Whether it is a stream of events."""
        return "watch" in self.query


@dataclass(frozen=True, slots=True)
class Answer:
    """What the operator is answered in place of the truth."""

    status: int
    reason: str = ""
    message: str = "the proxy says so"
    retry_after: int | None = None


Effect = Callable[[web.Request], Awaitable[web.StreamResponse | None]]
"""What happens to a request; None lets it go on its way."""


@dataclass
class Rule:
    """Something that happens to some requests.

    Attributes:
        picks: whether a request is meant.
        effect: what happens to it.
        moment: when that happens.
        skip: how many that are meant go by before the first one that it happens to.
        times: how many it happens to; None for all.
        met: how many it has happened to.
    """

    picks: Callable[[Seen], bool]
    effect: Effect
    moment: Moment = Moment.BEFORE
    skip: int = 0
    times: int | None = 1
    met: int = 0

    def takes(self, seen: Seen) -> bool:
        """Counts a request; true where it is to happen to this one."""
        if not self.picks(seen):
            return False
        if self.skip:
            self.skip -= 1
            return False
        if self.times is not None and self.met >= self.times:
            return False
        self.met += 1
        return True


def answering(answer: Answer) -> Effect:
    """Answers as the API server would, in its own form of words."""

    async def effect(_: web.Request) -> web.StreamResponse:
        body = {"kind": "Status", "apiVersion": "v1", "status": "Failure", "code": answer.status}
        headers = {} if answer.retry_after is None else {"Retry-After": str(answer.retry_after)}
        said = body | {"message": answer.message, "reason": answer.reason}
        return web.json_response(said, status=answer.status, headers=headers)

    return effect


async def expired(request: web.Request) -> web.StreamResponse:
    """Lets a watch begin only to say that its place in history is gone, as the API server does."""
    response = web.StreamResponse()
    await response.prepare(request)
    said = {"kind": "Status", "code": 410, "reason": "Expired", "message": "too old"}
    await response.write(json.dumps({"type": "ERROR", "object": said}).encode() + b"\n")
    return response


async def hang_up(request: web.Request) -> web.StreamResponse:
    """Ends the connection without an answer."""
    if request.transport:
        request.transport.abort()
    return web.Response()
