"""What a charge call is answered: status, body and headers, before anything spoils them."""

import json
from collections.abc import Callable
from enum import StrEnum
from functools import cache
from typing import NamedTuple, TypeAlias

from payment_service.cashier.records import Reason
from payment_service.profile.entries import Fault, StatusFault
from payment_service.state.values import SavedAnswer

Headers = tuple[tuple[str, str], ...]

ACCEPTED = b'{"result":"true"}'
DECLINED = b'{"result":"false"}'
_REPLAYED = ("Idempotent-Replayed", "true")
_IN_FULL = (("Preference-Applied", "return=representation"), ("Vary", "Prefer"))


class RequestCode(StrEnum):
    """Why a request was refused that was no charge call yet, or failed in one."""

    BAD_REQUEST = "BadRequest"
    NOT_FOUND = "NotFound"
    METHOD = "MethodNotAllowed"
    TIMEOUT = "Timeout"
    EXPECTATION = "ExpectationFailed"
    HEAD = "HeadTooLarge"
    INTERNAL = "Internal"
    TRANSFER_CODING = "NotImplemented"
    UNFINISHED = "TooManyUnfinished"
    VERSION = "VersionNotSupported"


Code: TypeAlias = Reason | RequestCode
"""What a machine is told of a refusal; the journal and the log call a `Reason` the same."""

_CODES: dict[int, Code] = {
    404: RequestCode.NOT_FOUND,
    405: RequestCode.METHOD,
    408: RequestCode.TIMEOUT,
    413: Reason.SIZE,
    417: RequestCode.EXPECTATION,
    431: RequestCode.HEAD,
    500: RequestCode.INTERNAL,
    501: RequestCode.TRANSFER_CODING,
    503: RequestCode.UNFINISHED,
    505: RequestCode.VERSION,
}


class Reply(NamedTuple):
    """An answer, and what becomes of it on its way to the caller."""

    status: int
    body: bytes
    headers: Headers = ()
    fault: Fault | None = None
    """What spoils it."""
    delay_seconds: float = 0.0
    """For how long it is deferred."""
    done: Callable[[], None] | None = None
    """Is to be called once it has left or its connection has gone."""

    @property
    def leaves_at_once(self) -> bool:
        """Whether nothing spoils or defers it."""
        return self.fault is None and not self.delay_seconds

    @property
    def waits(self) -> bool:
        """Whether it is kept for a while, and so needs a place."""
        return self.delay_seconds > 0 or (self.fault is not None and self.fault.takes_long)

    def and_then(self, done: Callable[[], None]) -> "Reply":
        """Returns the same with one more thing to be called at its end."""
        before = self.done

        def both() -> None:
            if before is not None:
                before()
            done()

        return self._replace(done=both)

    def saved(self) -> SavedAnswer:
        """The answer as it is repeated for its idempotency key."""
        return SavedAnswer(self.status, self.body, self.headers)


class ReplyBody(NamedTuple):
    """What a caller can read of a charge that was decided."""

    accepted: bool
    reason: str | None
    """Why it was declined; None if it was accepted."""
    charge_id: str
    attempt: int
    duplicate_of: str | None
    """Id of an earlier charge alike."""


def decided(body: ReplyBody, *, in_full: bool) -> Reply:
    """The answer to a charge; `in_full` is for callers that want more than the result."""
    reply = _usual(body.accepted, body.reason)
    if body.duplicate_of is not None:
        reply = reply._replace(headers=(*reply.headers, ("Duplicate-Of", body.duplicate_of)))
    if not in_full:
        return reply
    document: dict[str, object] = {
        "result": "true" if body.accepted else "false",
        "charge_id": body.charge_id,
        "attempt": body.attempt,
        "reason": body.reason,
        "duplicate_of": body.duplicate_of,
    }
    return reply._replace(body=_json(document), headers=(*reply.headers, *_IN_FULL))


@cache
def _usual(accepted: bool, reason: str | None) -> Reply:  # noqa: FBT001 - names cost a cache time
    # Of these there are few, and most charges get one of them.
    headers: Headers = () if reason is None else (("Decline-Reason", reason),)
    return Reply(200, ACCEPTED if accepted else DECLINED, headers)


def refused(status: int, code: Code, message: str, retry_after: int | None = None) -> Reply:
    """The answer to a call that is no charge, or that is not taken now."""
    headers = () if retry_after is None else (("Retry-After", str(retry_after)),)
    return Reply(status, refusal_body(code, message), headers)


def faulty(name: str, fault: StatusFault) -> Reply:
    """The answer of a fault that is an HTTP error; it never says that a charge was accepted."""
    message = f"{name} is a fault that the profile asks for"
    return refused(fault.code, Reason.FAULT, message, fault.retry_after_seconds)


def repeated(saved: SavedAnswer) -> Reply:
    """The answer that an earlier call with this key got, or was to get."""
    return Reply(saved.status, saved.body, (*saved.headers, _REPLAYED))


def refusal_body(code: Code, message: str) -> bytes:
    """Returns the body of every answer that is no decision."""
    return _json({"result": "false", "error": message, "code": code})


def code_of(status: int) -> Code:
    """Returns the code of a request that was refused for what its status says."""
    return _CODES.get(status, RequestCode.BAD_REQUEST)


def _json(document: dict[str, object]) -> bytes:
    return json.dumps(document, separators=(",", ":")).encode("utf-8")
