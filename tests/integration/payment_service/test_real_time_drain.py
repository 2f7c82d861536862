"""The end of the process with the times that it has by default."""

import signal
import time
from pathlib import Path

from billing_dev.eventually import eventually
from support.payment.service import Caller, ServiceProcess, a_request, is_draining

REUSED_WITHIN = 5.0  # Antaeus uses a kept connection again for so long
CLOSED_AFTER = 6.0


def test_a_connection_that_antaeus_may_still_use_stays_open(tmp_path: Path) -> None:
    with (
        ServiceProcess(tmp_path) as service,
        Caller(service.port) as used,
        Caller(service.port) as idle,
    ):
        used.ask(a_request())
        idle.ask(a_request())
        last_request = time.monotonic()
        service.signal(signal.SIGTERM)
        eventually(lambda: is_draining(service.ops_port), within=2)
        eventually(lambda: time.monotonic() - last_request > REUSED_WITHIN, within=6)

        answer = used.ask(a_request())

        assert answer.status == 200
        assert answer.headers["connection"] == "close"
        assert idle.closed()
        assert CLOSED_AFTER - 0.05 <= time.monotonic() - last_request <= CLOSED_AFTER + 1.5
        assert service.end(within=10)[0] == 0
