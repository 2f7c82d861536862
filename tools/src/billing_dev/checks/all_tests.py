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
from billing_dev.checks.parts import Parts, table
from billing_dev.checks.programs import Command, run, run_aside
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
    began, parts = time.monotonic(), Parts()
    try:
        code = parts.run("linters", _lint) or parts.run("cluster and images", _make_ready)
        code = code or _test(parts)
    except ClusterError as problem:
        say(f"error: {problem}")
        code = 1
    seconds = time.monotonic() - began
    say(f"\n{table(parts.ended, seconds)}")
    say(f"==> {'all of it held' if code == 0 else 'FAILED'}, after {_minutes(seconds)} in all")
    return code


def _test(parts: Parts) -> int:
    """Runs all tests, whatever comes of the first ones."""
    codes = [parts.run_tests("operator in-process", _SIDE_BY_SIDE, run)]
    # Those of the installed operator mostly wait for pods, one after the other: there is time for
    # the rest, which makes room for them and says nothing in between.
    with ThreadPoolExecutor(1) as aside:
        printed: list[str] = []

        def unseen(command: Command) -> int:
            code, text = run_aside(command)
            printed.append(text)
            return code

        others = [
            aside.submit(parts.run_tests, name, tests, unseen)
            for name, tests in (
                ("unit tests, beside it", UNIT_TESTS),
                ("payment, beside it", _PAYMENT_TESTS),
            )
        ]
        codes.append(parts.run_tests("installed operator", _INSTALLED, run))
        say("==> meanwhile, those that need no cluster")
        codes += [other.result() for other in others]
    for text in printed:
        say(text.rstrip())
    # A program that a signal ended has a code below 0.
    return int(any(codes))


def _lint() -> int:
    with step("lint everything that can be read", usually="5 to 40 s"):
        return lint()


def _make_ready() -> int:
    """Does what takes long before the tests begin, since a test shows nothing while it runs."""
    images = build_images()
    later = newer(images)
    kstatus.program()
    REDIS.command()
    CHROMEDRIVER.command()
    cluster = up("test")
    clear_away(Kube(cluster))
    load(cluster, images.operator, images.payment, images.antaeus, later.operator, later.antaeus)
    return 0


def _minutes(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest:02d} s"
