"""Files on a file system that does not answer any more."""

import signal
import subprocess
import sys
from pathlib import Path

from billing_dev.eventually import eventually
from integration.payment_service.hung_mount import with_hung_mount
from support.payment.control import Control, with_control
from support.payment.live_values import ONE, mount
from support.payment.service import Caller, ServiceProcess, a_request, get

LATE = 10  # seconds after which a look that hangs is the end of the process


def hang(folder: Path) -> None:
    """Swaps the mounted directory for one below a mount that hangs."""
    (folder / "..data_tmp").symlink_to("hung")
    (folder / "..data_tmp").rename(folder / "..data")


def test_a_file_system_that_hangs_is_told_and_stops_neither_charges_nor_expiry_nor_the_end(
    tmp_path: Path,
) -> None:
    (tmp_path / "hung").mkdir()
    mount(tmp_path, "..1", ONE)
    with ServiceProcess(
        tmp_path,
        with_hung_mount(tmp_path / "hung"),
        profile_file=str(tmp_path / "profile.json"),
        **with_control(tmp_path),
        drain_seconds="0.2",
        idle_seconds="0.2",
    ) as service:
        control = Control(service.control_port)
        hang(tmp_path)
        assert control.put_fault("outage", seconds=3).status in (200, 201)
        with Caller(service.port) as caller:
            assert caller.ask(a_request()).status == 503
            eventually(lambda: caller.ask(a_request()).status, lambda at: at == 200, within=8)
        assert get(service.ops_port, "/livez").status == 200

        eventually(
            lambda: get(service.ops_port, "/livez").status, lambda at: at == 503, within=LATE + 10
        )
        with Caller(service.port) as caller:
            assert caller.ask(a_request()).status == 200
        service.signal(signal.SIGTERM)

        assert service.end(within=15)[0] == 0


def test_a_file_system_that_hangs_at_the_start_is_a_reason_not_to_start(tmp_path: Path) -> None:
    (tmp_path / "hung").mkdir()
    command = [sys.executable, "-m", "payment_service"]
    started = subprocess.run(
        [*with_hung_mount(tmp_path / "hung"), *command],
        env={"PAYMENT_TOKEN_FILE": str(tmp_path / "hung" / "token")},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    assert started.returncode == 2
    assert "the mounted files: no answer within 10 s" in started.stderr
