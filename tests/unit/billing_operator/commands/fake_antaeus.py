"""What the command of a run meets: an Antaeus, and the files of its pod."""

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

PAID, PENDING = {"status": "PAID"}, {"status": "PENDING"}
UID = "uid-of-the-pod"


def leave(folder: Path, *, may_pay: str = UID, paid: str = "0") -> Path:
    """The files of a pod, as the kubelet writes them; an annotation that is not there is empty."""
    folder.mkdir(exist_ok=True)
    for name, text in {"uid": UID, "may-pay": may_pay, "paid-before": paid}.items():
        (folder / name).write_text(text)
    return folder


class FakeAntaeus:
    """An Antaeus that answers a pay call as told; counts how often it was called."""

    def __init__(self) -> None:
        self.invoices: list[dict[str, str]] = [PAID, PENDING, PENDING]
        self.calls = 0
        self.silent_reads = 0
        self.go = threading.Event()
        self.answer: Callable[[BaseHTTPRequestHandler], None] = lambda to: self.say(
            to, 200, b"true"
        )
        self.url = ""

    def say(self, to: BaseHTTPRequestHandler, status: int, body: bytes) -> None:
        to.send_response(status)
        to.send_header("Content-Length", str(len(body)))
        to.end_headers()
        to.wfile.write(body)

    def pays(self, status: int, body: bytes, *, paid: int = 0) -> None:
        """Has a pay call end so, with so many invoices paid by it."""

        def answer(to: BaseHTTPRequestHandler) -> None:
            self.invoices = [PAID] * (1 + paid) + [PENDING] * (2 - paid)
            self.say(to, status, body)

        self.answer = answer


def _handler(antaeus: FakeAntaeus) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            if antaeus.silent_reads:
                antaeus.silent_reads -= 1
                antaeus.say(self, 500, b"")
                return
            antaeus.say(self, 200, json.dumps(antaeus.invoices).encode())

        def do_POST(self) -> None:
            antaeus.calls += 1
            antaeus.answer(self)

        def log_message(self, *_: object) -> None:
            """Says nothing."""

    return Handler


@contextmanager
def serving_antaeus() -> Iterator[FakeAntaeus]:
    """One on a free port of loopback."""
    fake = FakeAntaeus()
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(fake))
    fake.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield fake
    finally:
        fake.go.set()
        server.shutdown()
        thread.join()
        server.server_close()
