"""The words of the command line, and which command they mean."""

import argparse
from typing import NoReturn

from payment_service import __version__
from payment_service.text.escapes import escaped

# What a command needs is imported once it is to run: the help and the version need none of it.


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        # It repeats words, and those may be names of files that somebody else has made.
        super().error(escaped(message))


def parser() -> argparse.ArgumentParser:
    """Returns what reads the command line; `run` is None where the service is to be served."""
    whole = _Parser(
        prog="payment-service",
        description="Takes charges and accepts or declines them; set by PAYMENT_* variables. "
        "Without a command, it serves.",
    )
    whole.add_argument("--version", action="version", version=__version__)
    whole.set_defaults(run=None)
    commands = whole.add_subparsers(metavar="COMMAND")
    about = "totals by customer and currency, from log lines; ends with 1 if any is bad or missing"
    _configure_ledger(commands.add_parser("ledger", help=about, description=about))
    about = "what is PAID in Antaeus against the charges of log lines; ends with 1 if they differ, "
    "a line is bad, or a charge is missing in the log"
    _configure_reconcile(commands.add_parser("reconcile", help=about, description=about))
    profile = commands.add_parser("profile", help="about the profile's document")
    of_profile = profile.add_subparsers(metavar="COMMAND", required=True)
    about = "tell all mistakes of a profile at once"
    _configure_profile_check(of_profile.add_parser("check", help=about, description=about))
    return whole


def _configure_ledger(parser: argparse.ArgumentParser) -> None:
    _add_logs(parser)
    parser.set_defaults(run=_run_ledger)


def _configure_reconcile(parser: argparse.ArgumentParser) -> None:
    _add_logs(parser)
    parser.add_argument(
        "--invoices",
        required=True,
        metavar="URL|FILE",
        help="Antaeus, such as http://localhost:8000, or a file of its GET /rest/v1/invoices",
    )
    parser.add_argument(
        "--paid-at-start",
        type=_ids,
        default=frozenset(),
        metavar="ID,ID",
        help="invoices that were PAID before anybody was charged; Antaeus begins with 1,6",
    )
    parser.set_defaults(run=_run_reconcile)


def _configure_profile_check(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", metavar="FILE", help="TOML if its name ends with .toml, else JSON")
    parser.set_defaults(run=_run_profile_check)


def _add_logs(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("files", nargs="+", metavar="FILE", help="a log; - is standard input")
    parser.add_argument("--json", action="store_true", help="for machines; amounts are strings")


def _ids(text: str) -> frozenset[int]:
    return frozenset(int(word) for word in text.split(","))


_ids.__name__ = "list of ids"  # argparse tells it to who wrote another thing


def _run_ledger(words: argparse.Namespace) -> int:
    from payment_service.commands import ledger  # noqa: PLC0415 - see above

    return ledger.run(words.files, as_json=words.json)


def _run_reconcile(words: argparse.Namespace) -> int:
    from payment_service.commands import reconcile  # noqa: PLC0415 - see above

    return reconcile.run(words.files, words.invoices, words.paid_at_start, as_json=words.json)


def _run_profile_check(words: argparse.Namespace) -> int:
    from payment_service.commands import profile_check  # noqa: PLC0415 - see above

    return profile_check.run(words.file)
