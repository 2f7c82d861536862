"""Starts the stand-in: settings, then the database, then the server."""

import os
import random
import signal
import socket
import sys
import time
from collections.abc import Mapping
from typing import NoReturn

import waitress

from billing_dev.antaeus.app import create_app
from billing_dev.antaeus.billing import Billing
from billing_dev.antaeus.charge_client import ChargeClient
from billing_dev.antaeus.invoices import Invoices, first_invoices
from billing_dev.antaeus.json_lines import JsonLines
from billing_dev.antaeus.settings import Settings, SettingsError

# A pay call holds a thread for as long as it lasts, and reading must go on meanwhile.
_THREADS = 32
_TERMINATED = 128 + signal.SIGTERM


def main(environment: Mapping[str, str]) -> int:
    try:
        settings = Settings.from_env(environment)
    except SettingsError as mistakes:
        print(mistakes, file=sys.stderr)
        return 2
    signal.signal(signal.SIGTERM, _cut_off)
    time.sleep(settings.startup_seconds)
    try:
        listening = _listen(settings.port)
    except OSError as refused:
        print(f"ANTAEUS_PORT: {settings.port} cannot be opened: {refused}", file=sys.stderr)
        return 2
    serve(settings, listening)
    return 0


def _cut_off(_number: int, _frame: object) -> NoReturn:
    # At once, in the middle of a charge if need be: so does the original.
    os._exit(_TERMINATED)


def serve(settings: Settings, listening: socket.socket) -> None:
    """Answers until the process is ended."""
    log = JsonLines(sys.stdout)
    # Amounts are to look real, not to be secret.
    chance = random.Random(settings.seed)
    first = first_invoices(settings.invoices, chance)
    invoices = Invoices(settings.database, first, keep=settings.keep_invoices)
    client = ChargeClient(settings.endpoint, settings.build.headers(settings.token))
    app = create_app(invoices, Billing(invoices, client, settings.build, log).pay, log)
    server = waitress.create_server(
        app, sockets=[listening], threads=_THREADS, log_socket_errors=False, ident=None
    )
    log(
        "started",
        port=listening.getsockname()[1],
        build=settings.build,
        endpoint=settings.endpoint,
        invoices=len(invoices.all()),
    )
    server.run()


def _listen(port: int) -> socket.socket:
    """Listens on every address, of both families where the machine has them."""
    both = socket.has_dualstack_ipv6()
    family = socket.AF_INET6 if both else socket.AF_INET
    return socket.create_server(("", port), family=family, dualstack_ipv6=both)


if __name__ == "__main__":
    sys.exit(main(os.environ))
