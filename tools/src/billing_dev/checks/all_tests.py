"""Everything that must hold, in the open, on the tests' cluster, and how long it took."""

import argparse
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

from billing_dev.checks import kstatus
from billing_dev.checks.check import UNIT_TESTS
from billing_dev.checks.leftovers import clear_away
from billing_dev.checks.lint import lint
from billing_dev.checks.newer_operator import newer
from billing_dev.checks.programs import run, run_aside
from billing_dev.clients.kube import Kube
from billing_dev.cluster.debian_program import CHROMEDRIVER, REDIS
from billing_dev.cluster.errors import ClusterError
from billing_dev.cluster.images import load
from billing_dev.cluster.lifecycle import up
from billing_dev.cluster.progress import say, step
from billing_dev.installation import build_images

_PAYMENT = "tests/integration/payment_service"
_PAYMENT_TESTS = ("pytest", "-q", "-n", "auto", "--durations=5", _PAYMENT)
# Each worker has namespaces and an operator of its own, and mostly waits for pods.
_SIDE_BY_SIDE = (
    *("pytest", "-n", "3", "--dist=worksteal", "--durations=10"),
    *("tests/integration", f"--ignore={_PAYMENT}"),
)
# One after the other, since they share an installed operator.
_INSTALLED = ("pytest", "--durations=10", "tests/e2e")


def main(words: Sequence[str]) -> int:
    """Returns 0 where all of it held."""
    argparse.ArgumentParser(prog="billing-dev test", description=__doc__).parse_args(words)
    began = time.monotonic()
    try:
        code = _lint() or _make_ready() or _test()
    except ClusterError as problem:
        say(f"error: {problem}")
        code = 1
    say(f"==> {'all of it held' if code == 0 else 'FAILED'}, after {_minutes(began)} in all")
    return code


def _test() -> int:
    """Runs all tests, whatever comes of the first ones."""
    codes = [run(_SIDE_BY_SIDE)]
    # Those of the installed operator mostly wait for pods, one after the other: there is time for
    # the rest, which makes room for them and says nothing in between.
    with ThreadPoolExecutor(1) as aside:
        others = [aside.submit(run_aside, tests) for tests in (UNIT_TESTS, _PAYMENT_TESTS)]
        codes.append(run(_INSTALLED))
        say("==> meanwhile, those that need no cluster")
        for other in others:
            code, printed = other.result()
            codes.append(code)
            say(printed.rstrip())
    # A program that a signal ended has a code below 0.
    return int(any(codes))


def _lint() -> int:
    with step("lint everything that can be read", usually="5 to 40 s"):
        return lint()


def _make_ready() -> int:
    """Does what takes long before the tests begin, since a test shows nothing while it runs."""
    cluster = up("test")
    images = build_images()
    later = newer(images)
    kstatus.program()
    REDIS.command()
    CHROMEDRIVER.command()
    clear_away(Kube(cluster))
    load(cluster, images.operator, images.payment, images.antaeus, later.operator, later.antaeus)
    return 0


def _minutes(began: float) -> str:
    minutes, seconds = divmod(round(time.monotonic() - began), 60)
    return f"{minutes} min {seconds:02d} s"
