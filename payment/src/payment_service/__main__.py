"""Starts the service: environment, settings, ports, until a signal."""

import argparse
import gc
import os
import sys
from collections.abc import Sequence

from payment_service import __version__
from payment_service.lifecycle import hold_signals, serve
from payment_service.log import Lines, route_library_logs
from payment_service.mistakes import MistakesError
from payment_service.service import Service
from payment_service.settings import Settings


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the service; returns 0, 1 if charges were cut off at the end, 2 if it cannot start."""
    parser = argparse.ArgumentParser(
        prog="payment-service",
        description="Takes charges and accepts or declines them; set by PAYMENT_* variables.",
    )
    parser.add_argument("--version", action="version", version=__version__)
    parser.parse_args(arguments)
    hold_signals()
    lines = Lines()
    try:
        settings = Settings.from_env(os.environ)
        route_library_logs(lines, settings.log_level)
        service = Service(settings, lines)
    except MistakesError as mistakes:
        return _cannot_start(mistakes.texts)
    except OSError as error:
        return _cannot_start([f"a port cannot be opened: {error}"])
    # Hundreds of thousands of remembered charges hold no circles: to look for them as often as
    # Python does by default takes a fifth of the time of a charge.
    gc.freeze()
    gc.set_threshold(50_000)
    return 0 if serve(service) else 1


def _cannot_start(mistakes: Sequence[str]) -> int:
    print("payment-service cannot start:", file=sys.stderr)  # noqa: T201  # for a person to read
    for mistake in mistakes:
        print(f"  {mistake}", file=sys.stderr)  # noqa: T201
    return 2


if __name__ == "__main__":
    sys.exit(main())
