"""Antaeus' stand-in alone on this machine, until Ctrl-C."""

import argparse
import os
from collections.abc import Sequence

from billing_dev.antaeus.__main__ import main as run

_SETTINGS = "Its settings are environment variables: tools/src/billing_dev/antaeus/README.md."


def main(words: Sequence[str]) -> int:
    """Returns the exit code of the stand-in."""
    parser = argparse.ArgumentParser(
        prog="billing-dev antaeus", description=__doc__, epilog=_SETTINGS
    )
    parser.parse_args(words)
    return run(os.environ)
