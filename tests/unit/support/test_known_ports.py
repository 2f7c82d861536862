"""A port that has a name is not asked by a unit test."""

import socket
from contextlib import suppress

import pytest

from support.cases import cases
from support.known_ports import asking_nobody_else


@pytest.mark.parametrize("host", cases("the host is {0}", ["127.0.0.1", "localhost"]))
def test_asking_a_port_with_a_name_fails(host: str) -> None:
    with pytest.raises(AssertionError, match=f"{host}:9001"), asking_nobody_else():
        ask((host, 9001))

    # And what it noticed is forgotten, or this test would fail for it.
    with asking_nobody_else():
        pass


def test_a_port_that_the_kernel_chose_may_be_asked_and_port_0_too() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server, asking_nobody_else():
        ask(server.getsockname())
        ask(("127.0.0.1", 0))


def test_other_machines_and_other_kinds_of_sockets_do_not_matter() -> None:
    with asking_nobody_else(), socket.socket(socket.AF_UNIX) as local, suppress(OSError):
        local.connect("/nowhere")


def ask(address: tuple[str, int]) -> None:
    with socket.socket() as asking, suppress(OSError):
        asking.connect(address)
