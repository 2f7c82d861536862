"""Starts the service: environment, settings, ports, until a signal; or does what a command says."""

import os
import sys
from collections.abc import Sequence

from payment_service.commands.cli import parser
from payment_service.text.escapes import escaped
from payment_service.text.mistakes import MistakesError

_READER_GONE = 141
"""What a shell says of a program that SIGPIPE ended."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Serves, or runs a command; returns the exit code, 2 if it cannot begin at all."""
    try:
        return _run(arguments)
    except BrokenPipeError:
        # So that the interpreter does not try, and fail, to write the rest at its end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return _READER_GONE


def _run(arguments: Sequence[str] | None) -> int:
    try:
        words = parser().parse_args(arguments)
        if words.run is None:
            return _serve()
        return int(words.run(words))
    except MistakesError as mistakes:
        return _refuse("payment-service:", mistakes.texts)
    finally:
        if sys.stdout is not None:  # as it is where it was closed before the start
            sys.stdout.flush()


def _serve() -> int:
    """Runs the service; returns 0, 1 if charges were cut off at the end, 2 if it cannot start."""
    # Here and not above: who asks for the version waits for none of it.
    from payment_service.start import serve  # noqa: PLC0415 - see above

    try:
        return 0 if serve(os.environ) else 1
    except MistakesError as mistakes:
        return _refuse("payment-service cannot start:", mistakes.texts)
    except OSError as error:
        return _refuse("payment-service cannot start:", [f"a port cannot be opened: {error}"])


def _refuse(what: str, mistakes: Sequence[str]) -> int:
    print(what, file=sys.stderr)  # noqa: T201 - for a person to read
    for mistake in mistakes:
        print(f"  {escaped(mistake)}", file=sys.stderr)  # noqa: T201 - as above
    return 2


if __name__ == "__main__":
    sys.exit(main())
