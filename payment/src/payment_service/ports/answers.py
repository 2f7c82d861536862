"""Turns decisions and refusals into HTTP answers; nothing else writes a charge's answer.

Antaeus looks at `result` alone, whatever the status, and breaks off its whole batch if there is
none. So every answer has one, and it is never true unless the charge was accepted.
"""

import json
from http import HTTPStatus

import falcon

from payment_service.charging.decision import Decision

_ACCEPTED = b'{"result":"true"}'
_DECLINED = b'{"result":"false"}'
_STATUS_LINES = {status.value: f"{status.value} {status.phrase}" for status in HTTPStatus}


class RefusedError(Exception):
    """A charge call that is refused: its status, its reason for the records, and what to tell."""

    def __init__(self, status: int, reason: str, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.reason = reason
        self.message = message


def answer(response: falcon.Response, decision: Decision) -> None:
    """Writes what was decided."""
    response.data = _ACCEPTED if decision.accepted else _DECLINED


def answer_refusal(response: falcon.Response, status: int, message: str) -> None:
    """Writes that nothing was charged, and why."""
    response.status = _STATUS_LINES[status]
    response.data = refusal_body(message)


def refusal_body(message: str) -> bytes:
    """Returns the body of every answer that is no decision."""
    return json.dumps({"result": "false", "error": message}, separators=(",", ":")).encode("utf-8")
