"""The words of the command line, and which command they mean."""

import argparse

from payment_service import __version__
from payment_service.commands import ledger, profile_check, reconcile


def parser() -> argparse.ArgumentParser:
    """Returns what reads the command line; `run` is None where the service is to be served."""
    whole = argparse.ArgumentParser(
        prog="payment-service",
        description="Takes charges and accepts or declines them; set by PAYMENT_* variables. "
        "Without a command, it serves.",
    )
    whole.add_argument("--version", action="version", version=__version__)
    whole.set_defaults(run=None)
    commands = whole.add_subparsers(metavar="COMMAND")
    about = "totals by customer and currency, from log lines"
    ledger.configure(commands.add_parser("ledger", help=about, description=about))
    about = "what is PAID in Antaeus against the charges of log lines; ends with 1 if they differ"
    reconcile.configure(commands.add_parser("reconcile", help=about, description=about))
    profile = commands.add_parser("profile", help="about the profile's document")
    of_profile = profile.add_subparsers(metavar="COMMAND", required=True)
    about = "tell all mistakes of a profile at once"
    profile_check.configure(of_profile.add_parser("check", help=about, description=about))
    return whole
