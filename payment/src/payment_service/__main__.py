"""Starts the service: environment, settings, ports, until a signal; or does what a command says."""

import gc
import os
import sys
from collections.abc import Sequence

from payment_service.commands.cli import parser
from payment_service.lifecycle import hold_signals, serve
from payment_service.log import Lines, route_library_logs
from payment_service.service import Service
from payment_service.settings import Settings
from payment_service.text.mistakes import MistakesError


def main(arguments: Sequence[str] | None = None) -> int:
    """Serves, or runs a command; returns the exit code, 2 if it cannot begin at all."""
    words = parser().parse_args(arguments)
    if words.run is None:
        return _serve()
    try:
        return int(words.run(words))
    except MistakesError as mistakes:
        return _refuse("payment-service:", mistakes.texts)


def _serve() -> int:
    """Runs the service; returns 0, 1 if charges were cut off at the end, 2 if it cannot start."""
    hold_signals()
    lines = Lines()
    try:
        settings = Settings.from_env(os.environ)
        route_library_logs(lines, settings.log_level)
        service = Service(settings, lines)
    except MistakesError as mistakes:
        return _refuse("payment-service cannot start:", mistakes.texts)
    except OSError as error:
        return _refuse("payment-service cannot start:", [f"a port cannot be opened: {error}"])
    # Hundreds of thousands of remembered charges hold no circles: to look for them as often as
    # Python does by default takes a fifth of the time that deciding and booking a charge does.
    gc.freeze()
    gc.set_threshold(50_000)
    return 0 if serve(service) else 1


def _refuse(what: str, mistakes: Sequence[str]) -> int:
    print(what, file=sys.stderr)  # noqa: T201 - for a person to read
    for mistake in mistakes:
        print(f"  {mistake}", file=sys.stderr)  # noqa: T201
    return 2


if __name__ == "__main__":
    sys.exit(main())
