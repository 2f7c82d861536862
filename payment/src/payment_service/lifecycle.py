"""How the process ends without losing a charge.

A connection that ends unanswered makes Antaeus send the same charge once more, so:

1. every answer from now on ends its connection. New connections are still accepted, since it takes
   a while until nobody is sent here any more, and nobody else may be there: of the last pod of a
   Service, Kubernetes sends callers to one that ends as long as it is ready (KEP-1669);
2. then readiness goes off and the door closes, behind everyone who has come in (see
   `server.listener`). What waits is answered; a connection without a request is closed only after a
   pause in which its client, if it lives, would have used it again;
3. replies that are deferred still leave at their time. Those that are slow on purpose, or never
   come, are nobody's loss: they are cut off as soon as nothing else is left;
4. when no connection is left, or the time is up, everything stops.
"""

import signal
import time
from collections.abc import Callable

from payment_service.server.port import Port
from payment_service.service import Service

SIGNALS = frozenset({signal.SIGTERM, signal.SIGINT})

Hurry = Callable[[float], bool]


def hold_signals() -> None:
    """Keeps the signals to stop for `wait_for_signal`; call it before any thread starts.

    Held back, they are not lost while the service still starts, not even as process 1 of a
    container, where the kernel drops a signal that nobody handles.
    """
    signal.pthread_sigmask(signal.SIG_BLOCK, SIGNALS)


def serve(service: Service) -> bool:
    """Serves until a signal to stop, then drains; tells whether every charge was answered.

    SIGINT, and a second signal, leave out the waiting, but not the charges.
    """
    service.start()
    first = signal.sigwait(SIGNALS)
    return drain(service, _signal_came, hurried=first == signal.SIGINT)


def drain(service: Service, hurry: Hurry, *, hurried: bool = False) -> bool:
    """Ends a service; tells whether every charge was answered.

    `hurry` waits for so many seconds, or less, and tells if the rest of the waiting is off.
    """
    settings = service.settings
    service.lines.event("drain_began", at_most_seconds=settings.stop_seconds())
    service.announce_end()
    hurried = hurried or hurry(settings.drain_seconds)
    service.stop_accepting()
    most_seconds = settings.idle_seconds + settings.answer_seconds
    left = empty(service.charges, most_seconds, hurry, hurried=hurried)
    service.stop()
    service.lines.event("stopped", connections_cut_off=left)
    return left == 0


def empty(port: Port, most_seconds: float, hurry: Hurry, *, hurried: bool = False) -> int:
    """Waits until a port that accepts nobody has answered all; returns how many are left open."""
    deadline = time.monotonic() + most_seconds
    while port.open_connections() and time.monotonic() < deadline:
        if hurried:
            port.end_connections(idle_seconds=0)
        port.cut_off_endless()
        hurried = hurry(0.05) or hurried
    return port.open_connections()


def _signal_came(seconds: float) -> bool:
    return signal.sigtimedwait(SIGNALS, seconds) is not None
