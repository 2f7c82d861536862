"""Measures payment or the operator beside the least that could do the same."""

import argparse
from collections.abc import Sequence
from importlib import import_module

# What is measured, and the module that does.
_BENCHMARKS = {
    "payment": "charges a second against the smallest app that could take them",
    "payment-features": "what each feature of payment costs while it is in use",
    "payment-readers": "how much longer charges take while somebody reads the records",
    "operator": "time to create a stack against a bare apply of the same objects",
}


def main(words: Sequence[str]) -> int:
    """Runs the benchmark that the first word names; returns its exit code."""
    given = list(words)
    if not given or given[0] not in _BENCHMARKS:
        _parser().parse_args(given)
    name, *rest = given
    code: int = import_module(f"billing_dev.bench.{name.replace('-', '_')}").main(rest)
    return code


def _parser() -> argparse.ArgumentParser:
    made = argparse.ArgumentParser(prog="billing-dev bench", description=__doc__)
    benchmarks = made.add_subparsers(metavar="BENCHMARK", required=True)
    for name, text in _BENCHMARKS.items():
        benchmarks.add_parser(name, help=text, add_help=False)
    return made
