"""Starts the service and has it serve until it is told to stop."""

import gc
from collections.abc import Mapping

from payment_service import lifecycle
from payment_service.log import Lines, route_library_logs
from payment_service.service import Service
from payment_service.settings import Settings


def serve(env: Mapping[str, str]) -> bool:
    """Serves as the variables say; tells whether every charge was answered.

    Raises MistakesError, or OSError if a port cannot be opened, before it serves anybody.
    """
    lifecycle.hold_signals()
    lines = Lines()
    settings = Settings.from_env(env)
    route_library_logs(lines, settings.log_level)
    service = Service(settings, lines)
    # Hundreds of thousands of remembered charges hold no circles: to look for them as often as
    # Python does by default takes a fifth of the time that deciding and booking a charge does.
    gc.freeze()
    gc.set_threshold(50_000)
    return lifecycle.serve(service)
