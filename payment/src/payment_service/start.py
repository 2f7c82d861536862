"""Starts the service and has it serve until it is told to stop."""

import gc
import os
import resource
from collections.abc import Mapping
from contextlib import suppress

from payment_service import lifecycle
from payment_service.cashier.losses import LostLines
from payment_service.log.libraries import errors_as_lines, route_library_logs
from payment_service.log.lines import Lines
from payment_service.log.output import put_once
from payment_service.service import Service
from payment_service.settings import Settings
from payment_service.text.mistakes import MistakesError

_LAST_SECONDS = 1.0
"""How long the end waits for a reader of the log that is late."""
_STDIN, _STDOUT, _STDERR = 0, 1, 2


def serve(env: Mapping[str, str]) -> bool:
    """Serves as the variables say; tells whether every charge was answered, and every line written.

    Raises MistakesError, or OSError if a port cannot be opened, before it serves anybody.
    """
    lifecycle.hold_signals()
    _occupy_standard_files()
    _raise_file_limit()
    settings = Settings.from_env(env)
    lines = Lines(LostLines)
    try:
        with errors_as_lines(lines):
            answered = _serve(settings, lines)
    finally:
        untold = lines.close(_LAST_SECONDS)
        if untold is not None:
            # Perhaps somebody reads there. Whoever reads both takes it as a line of the log.
            put_once(_STDERR, untold.encode())
    return answered and untold is None


def _occupy_standard_files() -> None:
    """Sees to it that no connection gets the number of one that is closed, and its lines."""
    for number in (_STDIN, _STDOUT, _STDERR):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # takes the lowest number that is free
            if number == _STDOUT:
                raise MistakesError(["standard output: is closed; the log goes there"]) from None


def _raise_file_limit() -> None:
    """Takes as many descriptors as there may be: the ports share them, and each has its limit."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    with suppress(OSError, ValueError):
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


def _serve(settings: Settings, lines: Lines) -> bool:
    route_library_logs(lines, settings.log_level)
    service = Service(settings, lines)
    # Hundreds of thousands of remembered charges hold no circles: to look for them as often as
    # Python does by default takes a fifth of the time that deciding and booking a charge does.
    gc.freeze()
    gc.set_threshold(50_000)
    return lifecycle.serve(service)
