import os
import subprocess

import pytest

from billing_dev.cluster.engine import names_a_living


def test_a_pid_of_a_process_of_that_name_is_believed() -> None:
    with subprocess.Popen(["sleep", "60"]) as process:
        assert names_a_living("sleep", str(process.pid))
        process.kill()


def test_a_pid_that_went_to_another_program_is_not() -> None:
    assert not names_a_living("dockerd", str(os.getpid()))


def test_a_dead_process_that_nobody_has_collected_is_not() -> None:
    with subprocess.Popen(["sleep", "60"]) as process:
        process.kill()
        os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)  # dead, but not collected
        assert not names_a_living("sleep", str(process.pid))


@pytest.mark.parametrize("pid", ["", "-1", "dockerd", "4194305"])
def test_what_is_no_pid_is_not(pid: str) -> None:
    assert not names_a_living("dockerd", pid)
