"""Payment and Antaeus' stand-in on this machine in a moment, without Docker, until Ctrl-C."""

import argparse
import os
import signal
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from threading import Event

from billing_dev.local.next_steps import Started, next_steps
from billing_dev.local.pair import Pair
from billing_dev.local.places import LocalError, Places
from billing_dev.printable import printable
from billing_dev.tree import ROOT

FOLDER = ROOT / ".local"
_SETTINGS = "Any setting of either may be made in the environment: docs/how-to/local.md."


def main(words: Sequence[str]) -> int:
    """Returns 0 after a signal, 1 where one of the two did not start or ended by itself."""
    parser = argparse.ArgumentParser(
        prog="billing-dev local", description=__doc__, epilog=_SETTINGS
    )
    parser.parse_args(words)
    began, asked_to_end = time.monotonic(), Event()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda *_: asked_to_end.set())
    folder = Path(os.environ.get("LOCAL_FOLDER", FOLDER))
    pair = None
    try:
        places = Places.from_env(os.environ, folder)
        pair = Pair(places, os.environ)
        kept_since = pair.start()
        started = Started(time.monotonic() - began, pair.paid(), kept_since)
        print(next_steps(places, os.environ, started), flush=True)
        while not asked_to_end.wait(0.2):
            pair.check()
    except LocalError as wrong:
        print(printable(f"local: {wrong}"), file=sys.stderr)
        return 1
    finally:
        if pair is not None:
            pair.end()
    return 0
