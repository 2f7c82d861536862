"""What to try with the two services that run: commands for these ports, files and invoices."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from billing_dev.local.pair import CONTROL_TOKEN, TOKEN
from billing_dev.local.places import Places
from billing_dev.tree import ROOT

_CHARGE = '{"customer_id":1,"currency":"USD", "value":1.25}'
_VARIABLES = ("PAYMENT_SUCCESS_RATE", "PAYMENT_SEED")


@dataclass(frozen=True, slots=True)
class Started:
    """What is true of the two since their start.

    Attributes:
        seconds: that it took.
        paid_at_start: ids of invoices that were paid before anybody paid any.
        profile_kept_since: when the profile that was there already was written last; None where
            it was written by this start.
    """

    seconds: float
    paid_at_start: Sequence[int]
    profile_kept_since: datetime | None


def next_steps(places: Places, env: Mapping[str, str], started: Started) -> str:
    """The text; `env` is what both services were given."""
    return "\n".join(_lines(places, env, started))


def _lines(places: Places, env: Mapping[str, str], started: Started) -> Iterator[str]:
    antaeus, log = f"http://127.0.0.1:{places.antaeus}", _short(places.log("payment"))
    paid = ",".join(map(str, started.paid_at_start))
    yield (
        f"\nReady after {started.seconds:.1f} s: payment on {places.payment} (token {TOKEN}, "
        f"operations on {places.ops}), Antaeus' stand-in on {places.antaeus}."
    )
    if places.control is not None:
        yield f"Control page: http://localhost:{places.control} (token {CONTROL_TOKEN})."
    yield f"Profile: {_profile(places, env, started.profile_kept_since)}"
    yield (
        f"\n  curl -X POST http://127.0.0.1:{places.payment}/ -H 'X-Token: {TOKEN}' "
        f"-H 'Content-Type: application/json' -d '{_CHARGE}'"
    )
    yield f"  curl -X POST {antaeus}/rest/v1/invoices/pay"
    yield f"  curl -X GET {antaeus}/rest/v1/invoices"
    yield f"\n  tail -f {_short(places.folder)}/*.log"
    yield f"  .venv/bin/payment-service ledger {log}"
    yield (
        f"  .venv/bin/payment-service reconcile --invoices {antaeus} "
        f"{f'--paid-at-start {paid} ' if paid else ''}{log}"
    )
    yield "\nMore to try: docs/how-to/local.md, docs/how-to/make-payment-fail.md. Ctrl-C ends both."


def _profile(places: Places, env: Mapping[str, str], kept_since: datetime | None) -> str:
    """Says which source is in force, since when, and where it can be changed."""
    if "PAYMENT_PROFILE_FILE" in env:
        return f"{env['PAYMENT_PROFILE_FILE']}, as PAYMENT_PROFILE_FILE says. Edit it at any time."
    if given := [f"{name}={env[name]}" for name in _VARIABLES if name in env]:
        return f"{' '.join(given)}, until the end. No file is read."
    file = _short(places.profile)
    if kept_since is None:
        return f"{file}, written just now. Edit it at any time, it is in effect within a second."
    return (
        f"{file} as it was left on {kept_since:%Y-%m-%d at %H:%M}. Edit it at any time, "
        "or delete it to start with the usual one."
    )


def _short(path: Path) -> Path:
    return path.relative_to(ROOT) if path.is_relative_to(ROOT) else path
