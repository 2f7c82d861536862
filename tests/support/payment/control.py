"""The control API as its callers see it, over a real socket."""

import http.client
import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from payment_service.service import Service
from support.payment.service import Answer, a_service

CONTROL_TOKEN = "open-the-back-door"
OUTAGE = {"fault": {"status": {"code": 503}}}


class Control:
    """A caller of the control API who has its token."""

    def __init__(self, port: int, token: str | None = CONTROL_TOKEN) -> None:
        self.port = port
        self._token = token

    def ask(
        self, method: str, path: str, body: object = None, *, raw: bytes | None = None, **more: str
    ) -> Answer:
        """Asks on a connection of its own; `raw` is a body as it is, `more` are headers."""
        sent = raw if raw is not None else None if body is None else json.dumps(body).encode()
        headers = {} if sent is None else {"Content-Type": "application/json"}
        if self._token is not None:
            headers["Authorization"] = f"Bearer {self._token}"
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        try:
            connection.request(method, path, sent, {**headers, **more})
            answer = connection.getresponse()
            received = {name.lower(): value for name, value in answer.getheaders()}
            return Answer(answer.status, received, answer.read())
        finally:
            connection.close()

    def get(self, path: str) -> Any:
        """The document at a path."""
        answer = self.ask("GET", path)
        assert answer.status == 200, answer
        return answer.json

    def put_fault(self, name: str, **members: Any) -> Answer:
        """Sets a fault; unless it says what, a status 503."""
        return self.ask("PUT", f"/v1/faults/{name}", {**OUTAGE, **members})


def with_control(folder: Path) -> dict[str, str]:
    """The variables of a process that has its control port; writes its token into the folder."""
    token = folder / "control-token"
    token.write_text(CONTROL_TOKEN)
    return {"control_port": "0", "control_token_file": str(token)}


@contextmanager
def a_controlled_service(folder: Path, **changes: Any) -> Iterator[tuple[Service, Control]]:
    """The service in this process with its control port; every charge is accepted."""
    token = folder / "control-token"
    token.write_text(CONTROL_TOKEN)
    profile = folder / "profile.json"
    if not profile.exists():
        profile.write_text('{"successRate": 1}')
    with a_service(folder, control_port=0, control_token_file=token, **changes) as service:
        assert service.control is not None
        yield service, Control(service.control.number)
