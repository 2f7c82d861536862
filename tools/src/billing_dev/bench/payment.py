"""Measures charges a second against the floor, in one run, the servers in turn.

Bare waitress, the floor (`payment_floor`) and the service, its logs and metrics on, are started
together and take turns in every round; what counts is the median of the rounds' ratios, since a
round's ratio compares what was measured under the same circumstances. The run is void if bare
waitress is not a little faster than the floor: then something else was measured. The floor is
served by waitress as it comes, with the settings of the service's; the service by what
`payment_service.server` makes of waitress, which is part of what it is.

All processes share one CPU. Otherwise the time that it takes to wake another one, which differs
from minute to minute on a virtual machine, is more than that of the charge itself. What the
threads of a server cost each other on several CPUs shows with `--free`, and varies more.
"""

import argparse
import os
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

from billing_dev.bench.payment_load import PATTERNS, TOKEN
from billing_dev.ports import free_port

BARE_OVER_FLOOR = (1.05, 1.35)
LEAST_OURS_OVER_FLOOR = 0.9

Rates = dict[str, list[float]]
Targets = Mapping[str, int | str]


def wait_until_open(port: int) -> None:
    deadline = time.monotonic() + 15
    while True:
        try:
            socket.create_connection(("127.0.0.1", port)).close()
        except OSError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.05)
        else:
            return


@contextmanager
def served(command: list[str], port: int, env: dict[str, str], log: Path) -> Iterator[int]:
    """Runs a server until the end of the block, its standard output into a file."""
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", *command], stdout=output, env={**os.environ, **env}
        )
        try:
            wait_until_open(port)
            yield port
        finally:
            process.kill()
            process.wait()


def servers(stack: ExitStack, folder: Path) -> dict[str, int]:
    """Starts all three servers; returns their ports."""
    token = folder / "token"
    token.write_text(TOKEN)
    ours = free_port()
    env = {
        "PAYMENT_PORT": str(ours),
        "PAYMENT_OPS_PORT": "0",
        "PAYMENT_HOST": "127.0.0.1",
        "PAYMENT_TOKEN_FILE": str(token),
    }
    ports = {"bare": free_port(), "floor": free_port(), "ours": ours}
    commands = {
        "bare": ["billing_dev.bench.payment_floor", str(ports["bare"]), "bare"],
        "floor": ["billing_dev.bench.payment_floor", str(ports["floor"])],
        "ours": ["payment_service"],
    }
    for name, command in commands.items():
        stack.enter_context(served(command, ports[name], env, folder / f"{name}.log"))
    return ports


def measure(targets: Targets, pattern: str, seconds: float) -> dict[str, float]:
    """Returns the charges a second of each server, measured for so long each.

    Args:
        targets: by name, a port or `port:kind` (see `billing_dev.bench.payment_load`).
    """
    command = [sys.executable, "-m", "billing_dev.bench.payment_load", pattern, str(seconds)]
    command += [str(target) for target in targets.values()]
    answer = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    return dict(zip(targets, map(float, answer.split()), strict=True))


def rounds(targets: Targets, pattern: str, *, count: int, seconds: float) -> Rates:
    """Measures all servers so often, after one short round that nobody counts."""
    measure(targets, pattern, min(1.0, seconds))
    rates: Rates = {name: [] for name in targets}
    for turn in range(count):
        for name, rate in measure(targets, pattern, seconds).items():
            rates[name].append(rate)
        print(f"  {pattern}: round {turn + 1} of {count}", file=sys.stderr, flush=True)
    return rates


def report(pattern: str, rates: Rates) -> tuple[float, float]:
    """Prints medians and spreads; returns bare over floor and ours over floor."""
    print(f"\n{pattern}")
    for name, values in rates.items():
        print(f"  {name:15}{spread(values, '.0f')} charges a second")
    ratios = {name: over_floor(rates, name) for name in ("bare", "ours")}
    for name, values in ratios.items():
        print(f"  {name} / floor   {spread(values, '.2f')}", flush=True)
    return statistics.median(ratios["bare"]), statistics.median(ratios["ours"])


def over_floor(rates: Rates, name: str) -> list[float]:
    """Returns the ratio of every round."""
    return [rate / floor for rate, floor in zip(rates[name], rates["floor"], strict=True)]


def spread(values: list[float], form: str) -> str:
    """Returns the median, and the lowest and the highest of what was found."""
    low, middle, high = min(values), statistics.median(values), max(values)
    return f"{middle:{form}}   ({low:{form}} to {high:{form}})"


def verdict(ratios: dict[str, tuple[float, float]]) -> int:
    """Returns the exit code: 0, 1 if the service is too slow, 3 if the run is void."""
    low, high = BARE_OVER_FLOOR
    void = [pattern for pattern, (bare, _) in ratios.items() if not low <= bare <= high]
    slow = [pattern for pattern, (_, ours) in ratios.items() if ours < LEAST_OURS_OVER_FLOOR]
    for pattern in void:
        print(f"VOID: {pattern}: bare over floor is not within {low} and {high}")
    for pattern in slow:
        print(f"TOO SLOW: {pattern}: below {LEAST_OURS_OVER_FLOOR} of the floor")
    return 3 if void else 1 if slow else 0


def main(words: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(prog="billing-dev bench payment", description=__doc__)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--seconds", type=float, default=10.0, help="length of a round")
    parser.add_argument("--pattern", choices=PATTERNS, action="append", help="all by default")
    parser.add_argument("--free", action="store_true", help="leave all CPUs to all processes")
    options = parser.parse_args(words)
    if not options.free:
        os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})  # and so for all it starts
    ratios = {}
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        ports = servers(stack, folder)
        for pattern in options.pattern or PATTERNS:
            rates = rounds(ports, pattern, count=options.rounds, seconds=options.seconds)
            ratios[pattern] = report(pattern, rates)
    return verdict(ratios)
