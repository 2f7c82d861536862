"""How the process ends without losing a charge.

A connection that ends unanswered makes Antaeus send the same charge once more, so:

1. readiness goes off, and every answer from now on ends its connection; new connections are still
   accepted, since it takes a while until nobody is sent here any more;
2. then the door closes, behind everyone who has come in (see `listener`). What waits is answered; a
   connection without a request is closed only after a pause in which its client, if it lives,
   would have used it again;
3. when no connection is left, or the time is up, everything stops.
"""

import signal
import time
from collections.abc import Callable

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
    settings, charges = service.settings, service.charges
    service.lines.event("drain_began", at_most_seconds=settings.stop_seconds())
    service.announce_end()
    hurried = hurried or hurry(settings.drain_seconds)
    deadline = time.monotonic() + settings.idle_seconds + settings.answer_seconds
    charges.stop_accepting()
    while charges.open_connections() and time.monotonic() < deadline:
        if hurried:
            charges.end_connections(idle_seconds=0)
        hurried = hurry(0.05) or hurried
    left = charges.open_connections()
    service.stop()
    service.lines.event("stopped", connections_cut_off=left)
    return left == 0


def _signal_came(seconds: float) -> bool:
    return signal.sigtimedwait(SIGNALS, seconds) is not None
