"""Everything that needs no cluster: the linters, then the unit tests."""

import argparse
from collections.abc import Sequence

from billing_dev.checks import lint, programs

UNIT_TESTS = ("pytest", "-q", "-n", "auto", "tests/unit")


def main(words: Sequence[str]) -> int:
    """Returns 0 where all of it holds."""
    argparse.ArgumentParser(prog="billing-dev check", description=__doc__).parse_args(words)
    return lint.main([]) or programs.run(UNIT_TESTS)
