import os
import socket
from pathlib import Path

from billing_dev.ports import free_port, free_port_above, listener_of

OUR_NAME = Path("/proc/self/comm").read_text().strip()


def test_a_free_port_has_no_listener() -> None:
    assert listener_of(free_port()) is None


def test_the_process_that_listens_is_named() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        assert listener_of(listener.getsockname()[1]) == f"{OUR_NAME} (pid {os.getpid()})"


def test_a_listener_on_all_addresses_of_both_families_is_named() -> None:
    with socket.create_server(
        ("", 0), family=socket.AF_INET6, dualstack_ipv6=socket.has_dualstack_ipv6()
    ) as listener:
        assert listener_of(listener.getsockname()[1]) == f"{OUR_NAME} (pid {os.getpid()})"


def test_who_is_connected_to_a_port_does_not_listen_on_it() -> None:
    with (
        socket.create_server(("127.0.0.1", 0)) as listener,
        socket.create_connection(listener.getsockname()) as client,
    ):
        assert listener_of(client.getsockname()[1]) is None


def test_a_machine_that_tells_nothing_of_its_processes_names_none(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        assert listener_of(listener.getsockname()[1], tmp_path) is None


def test_the_next_free_port_is_one_that_nobody_listens_on() -> None:
    with socket.create_server(("", 0)) as listener:
        below = listener.getsockname()[1] - 1
        found = free_port_above(below)

    assert found > below + 1
