"""Measures charges a second against the floor, in one run, round by round in turn.

Run as `python -m bench.payment` with `tests` on the path. Bare waitress, the floor
(`bench.payment_floor`) and the service, its logs and metrics on, are started together and
measured one after the other in every round, so that whatever else the machine does falls on all
three. The run is void if bare waitress is not a little faster than the floor: then something
else was measured.
"""

import argparse
import os
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from bench.payment_load import PATTERNS, TOKEN

BARE_OVER_FLOOR = (1.05, 1.35)
LEAST_OURS_OVER_FLOOR = 0.85

Rates = dict[str, list[float]]


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


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
        "bare": ["bench.payment_floor", str(ports["bare"]), "bare"],
        "floor": ["bench.payment_floor", str(ports["floor"])],
        "ours": ["payment_service"],
    }
    for name, command in commands.items():
        stack.enter_context(served(command, ports[name], env, folder / f"{name}.log"))
    return ports


def measure(port: int, pattern: str, seconds: float) -> float:
    command = [sys.executable, "-m", "bench.payment_load", str(port), pattern, str(seconds)]
    return float(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


def rounds(ports: dict[str, int], pattern: str, *, count: int, seconds: float) -> Rates:
    """Measures all servers in turn, so often, after one short round that nobody counts."""
    rates: Rates = {name: [] for name in ports}
    for port in ports.values():
        measure(port, pattern, min(1.0, seconds))
    for turn in range(count):
        for name, port in ports.items():
            rates[name].append(measure(port, pattern, seconds))
        print(f"  {pattern}: round {turn + 1} of {count}", file=sys.stderr, flush=True)
    return rates


def report(pattern: str, rates: Rates) -> tuple[float, float]:
    """Prints medians and spreads; returns bare over floor and ours over floor."""
    print(f"\n{pattern}")
    medians = {name: statistics.median(found) for name, found in rates.items()}
    for name, found in rates.items():
        spread = (max(found) - min(found)) / medians[name]
        print(
            f"  {name:6}{medians[name]:8.0f}/s   {min(found):.0f} to {max(found):.0f}"
            f" (spread {spread:.0%})"
        )
    bare, ours = medians["bare"] / medians["floor"], medians["ours"] / medians["floor"]
    print(f"  bare / floor {bare:.2f}   ours / floor {ours:.2f}", flush=True)
    return bare, ours


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


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.payment")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--seconds", type=float, default=10.0, help="length of a round")
    parser.add_argument("--pattern", choices=PATTERNS, action="append", help="all by default")
    options = parser.parse_args()
    ratios = {}
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        ports = servers(stack, folder)
        for pattern in options.pattern or PATTERNS:
            rates = rounds(ports, pattern, count=options.rounds, seconds=options.seconds)
            ratios[pattern] = report(pattern, rates)
    return verdict(ratios)


if __name__ == "__main__":
    sys.exit(main())
