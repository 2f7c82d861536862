"""Turns replies into HTTP answers; nothing else writes the answer of a charge call.

Antaeus looks at `result` alone, whatever the status, and breaks off its whole batch if there is
none. So every answer has one, and it is never true unless the charge was accepted. Only what the
profile asks for breaks this: replies that come late, broken or never.
"""

from http import HTTPStatus

import falcon

from payment_service.cashier.records import Reason
from payment_service.cashier.replies import Code, Headers, Reply, refused
from payment_service.server.delivery import DELIVERY, Delivery, Shape

_STATUS_LINES = {status.value: f"{status.value} {status.phrase}" for status in HTTPStatus}


class RefusedError(Exception):
    """A charge call that is refused: by which status, for what reason, and in which words."""

    def __init__(self, status: int, reason: Reason, message: str, headers: Headers = ()) -> None:
        super().__init__(message)
        self.status = status
        self.reason = reason
        self.message = message
        self.headers = headers


def answer(request: falcon.Request, response: falcon.Response, reply: Reply) -> None:
    """Writes a reply, and says how it is to come back."""
    if reply.status != 200:
        response.status = _STATUS_LINES[reply.status]
    response.data = reply.body
    for name, value in reply.headers:
        response.set_header(name, value)
    if not reply.leaves_at_once:
        request.env[DELIVERY] = _delivery(reply)


def answer_refusal(
    request: falcon.Request, response: falcon.Response, status: int, code: Code, message: str
) -> None:
    """Writes that nothing was charged, and why."""
    answer(request, response, refused(status, code, message))


def _delivery(reply: Reply) -> Delivery:
    shape, over_seconds, fault, done = Shape.WHOLE, 0.0, reply.fault, reply.done
    if fault is not None and fault.connection is not None:
        shape = Shape[fault.connection.reply.name]
    elif fault is not None and fault.slow_body is not None:
        shape, over_seconds = Shape.SLOW, fault.slow_body.seconds
    # Whether it has left or its connection has gone is all the same to who counts what is open.
    ended = None if done is None else lambda _left: done()
    return Delivery(reply.delay_seconds, shape, over_seconds, ended)
