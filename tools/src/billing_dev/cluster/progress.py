"""Tells the person who waits what is being done, how long it usually takes, and what failed.

Everything goes to stderr: stdout belongs to the answers of the commands.
"""

import fcntl
import os
import re
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from billing_dev.cluster.errors import give_up
from billing_dev.cluster.paths import cache, log_file
from billing_dev.printable import printable

STILL_AT_IT_SECONDS = 30
_SECONDS = {"s": 1.0, "min": 60.0}
TAIL_LINES = 25


def say(line: str) -> None:
    """Prints a line, or lines, at once and whole; much of it is what others have answered."""
    sys.stderr.write(f"{printable(line)}\n")
    sys.stderr.flush()


@contextmanager
def step(
    what: str, *, usually: str, detail: object = "", every: float = STILL_AT_IT_SECONDS
) -> Iterator[None]:
    """Frames a step: what and how long it usually takes, signs of life, how long it took.

    Args:
        detail: its text, as it is at each sign of life, says how far the step has come.
        every: seconds between two of them.
    """
    say(f"==> {what} (usually {usually})")
    began = time.monotonic()
    over = threading.Event()

    def still_at_it() -> None:
        while not over.wait(every):
            say(sign_of_life(what, usually, time.monotonic() - began, str(detail)))

    threading.Thread(target=still_at_it, daemon=True).start()
    try:
        yield
    finally:
        over.set()
    say(f"    done in {time.monotonic() - began:.1f} s: {what}")


def sign_of_life(what: str, usually: str, seconds: float, detail: str = "") -> str:
    """Says how long a step has taken so far, whether that is unusual, and how far it is."""
    longest = longest_usual(usually)
    late = f"longer than the usual {usually}" if longest and seconds > longest else ""
    return ", ".join(filter(None, [f"    ... {what}: {seconds:.0f} s so far", late, detail]))


def longest_usual(usually: str) -> float | None:
    """The seconds within which a step usually ends; None where the text names no bound for all."""
    if "each" in usually:
        return None
    bounds = re.findall(r"(\d+) (s|min)\b", usually)
    return max((float(number) * _SECONDS[unit] for number, unit in bounds), default=None)


def tail(log: Path, lines: int = TAIL_LINES) -> str:
    """Returns the last lines of a log, indented, with its path."""
    if not log.exists():
        return f"(no log at {log})"
    last = log.read_text(errors="replace").splitlines()[-lines:]
    return "\n".join([*(f"    | {line}" for line in last), f"    whole log: {log}"])


def run_logged(
    command: Sequence[str | Path],
    *,
    log: str,
    cwd: Path | None = None,
    environment: Mapping[str, str] | None = None,
) -> None:
    """Runs a command with its output in a log of that name; a failure shows the log's end."""
    path = log_file(log)
    program = str(command[0])
    if not shutil.which(program):
        give_up(f"There is no {program} here. Install it (Debian: apt-get install {program}).")
    with path.open("w") as output:
        output.write(f"$ {' '.join(map(str, command))}\n")
        output.flush()
        done = subprocess.run(
            command,
            cwd=cwd,
            env={**os.environ, **(environment or {})},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            check=False,
        )
    if done.returncode:
        give_up(f"{Path(program).name} failed with exit code {done.returncode}:\n{tail(path)}")


@contextmanager
def one_at_a_time(what: str = "") -> Iterator[None]:
    """Lets a second run wait for the first: both would make the same.

    Args:
        what: the one thing that is made; without it, images and clusters of all kinds, for which
            whoever makes something else need not wait.
    """
    path = cache() / (f"lock-{what}" if what else "lock")
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a+") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.seek(0)
            say(f"==> another run (pid {lock.read().strip()}) is at work; waiting for it to end")
            fcntl.flock(lock, fcntl.LOCK_EX)
        lock.truncate(0)
        lock.write(str(os.getpid()))
        lock.flush()
        yield
