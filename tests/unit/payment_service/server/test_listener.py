"""How the door closes."""

import socket
import threading

import pytest

from payment_service.server.listener import open_listener, turn_newcomers_away
from payment_service.settings import Settings


def test_who_was_let_in_is_still_accepted_and_nobody_after_them() -> None:
    with open_listener(("127.0.0.1", 0)) as listener:
        address = listener.getsockname()
        with socket.create_connection(address, timeout=5) as early:
            turn_newcomers_away(listener)

            with pytest.raises(TimeoutError):
                socket.create_connection(address, timeout=0.2)
            accepted, _ = listener.accept()
            with accepted:
                early.sendall(b"a charge")
                assert accepted.recv(100) == b"a charge"
                accepted.sendall(b"an answer")
                assert early.recv(100) == b"an answer"
            listener.settimeout(0.1)
            with pytest.raises(TimeoutError):
                listener.accept()


def test_who_comes_while_the_door_closes_is_refused_and_not_cut_off() -> None:
    with open_listener(("127.0.0.1", 0)) as listener:
        address = listener.getsockname()
        turn_newcomers_away(listener)
        threading.Timer(0.2, listener.close).start()

        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(address, timeout=10)


@pytest.mark.parametrize(
    "address", ["127.0.0.1", "::1"], ids=["a caller by IPv4", "a caller by IPv6"]
)
def test_where_nothing_is_said_both_families_are_let_in(address: str) -> None:
    with open_listener((Settings().host, 0)) as listener:
        port = listener.getsockname()[1]

        with socket.create_connection((address, port), timeout=5):
            accepted, _ = listener.accept()
            accepted.close()


def test_a_host_without_ipv6_is_served_by_ipv4(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(socket, "has_dualstack_ipv6", lambda: False)
    with open_listener(("::", 0)) as listener:
        assert listener.family == socket.AF_INET
