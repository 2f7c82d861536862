"""The program: runs the operator, or does one of its commands: python -m billing_operator."""

import argparse
import asyncio
import os
import sys

from billing_operator import __version__
from billing_operator.commands import render
from billing_operator.process.logs import set_up
from billing_operator.process.replica import run
from billing_operator.settings import BadSettings, Settings


def main() -> None:
    """Does the command that was given; without one, reads the settings and runs."""
    parser = argparse.ArgumentParser(
        prog="billing-operator",
        description="Runs the operator, which BILLING_ variables set up, or one of its commands.",
    )
    parser.add_argument("--version", action="version", version=__version__)
    commands = parser.add_subparsers(dest="command", metavar="COMMAND")
    commands.add_parser("run", help="run the operator; so does no command at all")
    render.add_to(commands)
    arguments = parser.parse_args()
    if arguments.command == "render":
        render.run(arguments, os.environ)
    else:
        _serve()


def _serve() -> None:
    try:
        settings = Settings.from_env(os.environ)
    except BadSettings as error:
        sys.exit(str(error))
    set_up(settings.log_level)
    asyncio.run(run(settings))


if __name__ == "__main__":
    main()
