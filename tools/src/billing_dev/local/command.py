"""Payment and Antaeus' stand-in on this machine in a moment, without Docker, until Ctrl-C."""

import argparse
import os
import signal
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from threading import Event

from billing_dev.local.pair import TOKEN, LocalError, Pair, Places
from billing_dev.tree import ROOT

FOLDER = ROOT / ".local"
_SETTINGS = "Any setting of either may be made in the environment: docs/local.md."

_TRY = """
Ready after {seconds:.1f} s: payment on {payment} (token {token}), Antaeus' stand-in on {antaeus}.

  curl -X POST http://127.0.0.1:{payment}/ -H 'X-Token: {token}' \
-H 'Content-Type: application/json' -d '{{"customer_id":1,"currency":"USD", "value":1.25}}'
  curl -X POST http://127.0.0.1:{antaeus}/rest/v1/invoices/pay
  curl -X GET http://127.0.0.1:{antaeus}/rest/v1/invoices

  {profile}     edit it: it is in effect within a second
  tail -f {folder}/*.log
  .venv/bin/payment-service ledger {folder}/payment.log
  .venv/bin/payment-service reconcile --invoices http://127.0.0.1:{antaeus} --paid-at-start 1,6 \
{folder}/payment.log

More to try: docs/how-to/local.md, docs/how-to/make-payment-fail.md. Ctrl-C ends both."""


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
        pair.start()
        print(_what_to_try(places, time.monotonic() - began), flush=True)
        while not asked_to_end.wait(0.2):
            pair.check()
    except LocalError as wrong:
        print(f"local: {wrong}", file=sys.stderr)
        return 1
    finally:
        if pair is not None:
            pair.end()
    return 0


def _what_to_try(places: Places, seconds: float) -> str:
    return _TRY.format(
        seconds=seconds,
        token=TOKEN,
        payment=places.payment,
        antaeus=places.antaeus,
        profile=_short(places.profile),
        folder=_short(places.folder),
    )


def _short(path: Path) -> Path:
    return path.relative_to(ROOT) if path.is_relative_to(ROOT) else path
