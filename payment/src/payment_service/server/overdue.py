"""Ends connections whose request takes too long to come: each holds one of a port's places."""

from collections.abc import Iterable
from http import HTTPStatus

from payment_service.server.channel import Channel
from payment_service.server.wire import Parser


class Overdue:
    """Sees how long requests have been coming in, by looking now and then.

    Nothing is noted when a request comes, which would cost every charge. So the time of a request
    begins when it is first seen unfinished: up to a look too late, and never too early.
    """

    def __init__(self, head_seconds: float, request_seconds: float) -> None:
        """Of a request, from its first byte on: how long its head, and all of it, may take.

        A connection without one may be idle for half as long as a head may take, in a full port.
        """
        self._head_seconds = head_seconds
        self._idle_seconds = head_seconds / 2
        self._request_seconds = request_seconds
        self._since: dict[tuple[Channel, Parser | float | None], float] = {}
        """When each was first seen like that: with this request coming, idle since this activity,
        or new, with nothing yet."""

    def end(self, channels: Iterable[Channel], now: float, *, full: bool = False) -> None:
        """Ends those that are late; only for the loop. `now` is a time of `time.monotonic`.

        Where the port is full, those are late as well that have had their answer and ask nothing
        more: they would keep others out.
        """
        before, self._since = self._since, {}
        for channel in channels:
            if channel.busy:
                continue
            request = channel.coming()
            idle = request is None and channel.answered
            state = channel, channel.last_activity if idle else request
            since = before.get(state, now)
            if idle:
                self._since[state] = since
                if full and now - since >= self._idle_seconds:
                    channel.handle_close()
                continue  # else it may be kept for a later request
            whole = request is not None and request.headers_finished
            seconds = self._request_seconds if whole else self._head_seconds
            if now - since < seconds:
                self._since[state] = since
            elif request is None:
                channel.handle_close()
            else:
                part = "request" if whole else "head of the request"
                detail = f"the {part} was not complete within {seconds:g} s"
                channel.refuse_unfinished(request, HTTPStatus.REQUEST_TIMEOUT, detail)
