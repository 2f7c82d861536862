"""How long the three ports wait for a request, as they are in service."""

import time
from contextlib import ExitStack
from pathlib import Path

from payment_service.server.port import Limits
from support.payment.control import a_controlled_service
from support.payment.service import Caller, a_request

BOUND = 2 * Limits(1).head_seconds


def test_no_port_waits_for_a_head_for_long(tmp_path: Path) -> None:
    with a_controlled_service(tmp_path) as (service, control), ExitStack() as stack:
        ports = (service.charges.number, service.ops.number, control.port)
        begun = time.monotonic()
        dripping, silent = (
            [stack.enter_context(Caller(port, timeout=BOUND)) for port in ports] for _ in range(2)
        )
        for caller in dripping:
            caller.send(a_request()[:-60])

        assert [caller.answer().status for caller in dripping] == [408] * 3
        assert time.monotonic() - begun > Limits(1).head_seconds
        assert all(caller.closed() for caller in dripping + silent)
