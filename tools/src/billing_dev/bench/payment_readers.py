"""Measures how much longer charges take while somebody reads the records.

One service with 100,000 rows takes charges over kept connections. In every other turn a reader goes
through the records as fast as it is answered: all rows of a kind, page by page, and searches that
find nothing and so look at every row. It prints the median of the rounds' ratios of the 99th
percentile with the reader to that without, for each kind of reading. The control page reads once a
second, as it does in a browser; `everything` is read by two at a time, as many as the control port
answers.
"""

import argparse
import http.client
import itertools
import json
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from urllib.parse import quote

from billing_dev.bench.payment import served, spread
from billing_dev.bench.payment_load import TOKEN
from billing_dev.ports import free_port

ROWS = 100_000
CONNECTIONS = 4
_NOBODY = "customer_id=9223372036854775807"
_PAGE, _TWO = "the control page, each second", "everything, by two readers"
_CONTROL_TOKEN = "bench-control-token"

SEARCHES = {
    "a search of all bookings": (f"/v1/ledger/bookings?{_NOBODY}",),
    "a search of all calls": (f"/v1/journal/count?{_NOBODY}",),
    "all totals, page by page": ("/v1/ledger",),
    _PAGE: (
        *("/v1/profile", "/v1/ledger?limit=200", "/v1/duplicates?limit=1000"),
        "/v1/journal?limit=25",
    ),
}
EVERYTHING = {**SEARCHES, _TWO: tuple(itertools.chain(*SEARCHES.values()))}


class Records:
    """What the control API shows, to one reader."""

    def __init__(self, port: int) -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)

    def read(self, path: str) -> None:
        """Reads all pages of a path."""
        while path:
            headers = {"Authorization": f"Bearer {_CONTROL_TOKEN}"}
            self._connection.request("GET", path, headers=headers)
            answer = self._connection.getresponse()
            document = json.loads(answer.read())
            if answer.status != 200:
                raise SystemExit(f"{path}: {document}")
            more = document.get("next") if path.partition("?")[0] == "/v1/ledger" else None
            path = f"/v1/ledger?after={quote(more)}" if more and "limit" not in path else ""


def read_for_ever(port: int, pause: float, paths: Sequence[str]) -> None:
    """Is the reader: a process of its own, so that it takes none of what the load measures."""
    records = Records(port)
    while True:
        for path in paths:
            records.read(path)
        time.sleep(pause)


class Load:
    """Charges of ever new customers over a few kept connections, each of which waits its turn."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._customers = itertools.count(1)

    def run(self, done: Callable[[int], bool]) -> list[float]:
        """Charges until so many are done; returns how long each took, in seconds."""
        times: list[list[float]] = [[] for _ in range(CONNECTIONS)]
        threads = [
            threading.Thread(target=self._charge, args=(own, lambda: done(sum(map(len, times)))))
            for own in times
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return list(itertools.chain(*times))

    def _charge(self, times: list[float], done: Callable[[], bool]) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=60)
        headers = {"X-Token": TOKEN, "Content-Type": "application/json"}
        while not done():
            customer = next(self._customers)
            body = f'{{"currency":"USD","customer_id":{customer},"value":{customer}.25}}'
            began = time.perf_counter()
            connection.request("POST", "/", body, headers)
            connection.getresponse().read()
            times.append(time.perf_counter() - began)
        connection.close()


def percentile(times: list[float]) -> float:
    """Returns the 99th percentile, in milliseconds."""
    return statistics.quantiles(times, n=100)[98] * 1000


def start(stack: ExitStack, folder: Path) -> tuple[int, int]:
    """Starts the service; returns its ports for charges and for readers."""
    (folder / "token").write_text(TOKEN)
    (folder / "control-token").write_text(_CONTROL_TOKEN)
    port, control = free_port(), free_port()
    env = {
        "PAYMENT_PORT": str(port),
        "PAYMENT_OPS_PORT": "0",
        "PAYMENT_CONTROL_PORT": str(control),
        "PAYMENT_HOST": "127.0.0.1",
        "PAYMENT_TOKEN_FILE": str(folder / "token"),
        "PAYMENT_CONTROL_TOKEN_FILE": str(folder / "control-token"),
        "PAYMENT_BOOKINGS_KEPT": str(ROWS),
        "PAYMENT_JOURNAL_KEPT": str(ROWS),
    }
    stack.enter_context(served(["payment_service"], port, env, folder / "log"))
    return port, control


def reading(control: int, name: str) -> Iterator[subprocess.Popen[bytes]]:
    """Starts the readers of a kind."""
    pause = "1" if name == _PAGE else "0"
    command = [sys.executable, "-m", __spec__.name, str(control), pause, *EVERYTHING[name]]
    for _ in range(2 if name == _TWO else 1):
        yield subprocess.Popen(command)


def main(words: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(prog="billing-dev bench payment-readers", description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=4.0, help="length of a turn")
    options = parser.parse_args(words)
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        port, control = start(stack, folder)
        load = Load(port)

        def turn() -> list[float]:
            until = time.perf_counter() + options.seconds
            return load.run(lambda _: time.perf_counter() > until)

        print(f"  {ROWS:,} charges, so that there is something to read", file=sys.stderr)
        load.run(lambda count: count >= ROWS)
        for name in EVERYTHING:
            alone, beside = [], []
            for _ in range(options.rounds):
                alone.append(percentile(turn()))
                readers = list(reading(control, name))
                beside.append(percentile(turn()))
                for reader in readers:
                    reader.kill()
                    reader.wait()
            ratios = [one / other for one, other in zip(beside, alone, strict=True)]
            middle = statistics.median(alone), statistics.median(beside)
            print(
                f"  {name:30} p99 {middle[0]:5.1f} ms, while it is read {middle[1]:5.1f} ms   "
                f"/ alone {spread(ratios, '.2f')}",
                flush=True,
            )
    return 0


if __name__ == "__main__":
    read_for_ever(int(sys.argv[1]), float(sys.argv[2]), sys.argv[3:])
