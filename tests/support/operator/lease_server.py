"""An API server over HTTP that keeps one Lease and knows nothing else, for whole programs."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from kubernetes.aio.client import Configuration


class LeaseServer(ThreadingHTTPServer):
    """Keeps the Lease, and its holders in the order in which they were written."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.lease: dict[str, Any] | None = None
        self.holders: list[str] = []

    def keep(self, body: bytes) -> dict[str, Any]:
        """Stores what was sent."""
        kept: dict[str, Any] = json.loads(body)
        self.lease = kept
        self.holders.append(kept["spec"]["holderIdentity"])
        return kept

    async def load_kube_config(self, client_configuration: Configuration) -> None:
        """Stands in for the client's own, and leads here."""
        client_configuration.host = f"http://127.0.0.1:{self.server_port}"


class _Handler(BaseHTTPRequestHandler):
    server: LeaseServer

    def do_GET(self) -> None:
        lease = self.server.lease
        self._say(200 if lease else 404, lease or {"message": "there is none"})

    def do_POST(self) -> None:
        self._keep(201)

    def do_PUT(self) -> None:
        self._keep(200)

    def _keep(self, status: int) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self._say(status, self.server.keep(body))

    def _say(self, status: int, body: dict[str, Any]) -> None:
        content = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the library's name
        """Says nothing."""


@contextmanager
def a_lease_server() -> Iterator[LeaseServer]:
    """One that runs until the block ends."""
    with LeaseServer() as server:
        thread = threading.Thread(target=server.serve_forever, name="lease-server")
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()
