"""Speaking to a store that is not there, or is none."""

import os
import socket
import threading
import traceback
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from time import monotonic

import pytest

from billing_dev.eventually import eventually
from billing_dev.ports import free_port
from payment_service.outcome.charges import Charge
from payment_service.settings import Settings
from payment_service.state.interface import Scope, State, StoreLostError
from payment_service.state.memory import Memory
from payment_service.state.opening import open_state
from payment_service.text.mistakes import MistakesError
from support.cases import cases
from support.payment.state_makers import a_charge_of

PASSWORD = "never-to-be-seen"


def a_state(folder: Path, port: int, **changes: str) -> State:
    (folder / "password").write_text(PASSWORD)
    env = {
        "PAYMENT_STORE_URL": f"redis://127.0.0.1:{port}",
        "PAYMENT_STORE_PASSWORD_FILE": str(folder / "password"),
    }
    return open_state(Settings.from_env({**env, **changes}))


@contextmanager
def a_server(answer: bytes | None, connections: list[socket.socket] | None = None) -> Iterator[int]:
    """Gives one answer to whatever it is asked first on a connection, or none at all."""
    connections = [] if connections is None else connections

    def serve(listening: socket.socket) -> None:
        while True:
            try:
                connection, _ = listening.accept()
            except OSError:
                return
            if answer is not None:
                requests = connection.recv(4096)
                connection.sendall(answer.replace(b"%s", requests.split(b"\r\n")[-2]))
            connections.append(connection)

    with socket.create_server(("127.0.0.1", 0)) as listening:
        serving = threading.Thread(target=serve, args=(listening,))
        serving.start()
        try:
            yield listening.getsockname()[1]
        finally:
            listening.shutdown(socket.SHUT_RDWR)
            serving.join()
            for connection in connections:
                connection.close()


def test_a_store_that_is_not_there_is_told_by_its_address(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # and nobody listens, now or later
        port = taken.getsockname()[1]
        state = a_state(tmp_path, port)

        with pytest.raises(StoreLostError, match=f"redis://127.0.0.1:{port}/0 is lost: Connection"):
            state.next_attempt(a_charge_of())

        assert state.scope is Scope.LOST


def test_a_store_that_never_answers_is_given_up_within_half_a_second(tmp_path: Path) -> None:
    with a_server(None) as port:
        state = a_state(tmp_path, port)
        began = monotonic()

        with pytest.raises(StoreLostError, match="TimeoutError"):
            state.next_attempt(a_charge_of())

        assert monotonic() - began < 0.5


def test_while_it_is_lost_calls_fail_at_once(tmp_path: Path) -> None:
    with a_server(None) as port:
        state = a_state(tmp_path, port)
        with pytest.raises(StoreLostError):
            state.next_attempt(a_charge_of())
        began = monotonic()

        with pytest.raises(StoreLostError):
            state.next_attempt(a_charge_of())

        assert monotonic() - began < 0.1


def test_a_password_that_a_server_repeats_in_its_answer_is_not_shown(tmp_path: Path) -> None:
    repeated = b"-ERR unknown command 'AUTH', with args beginning with: '%s'\r\n"
    with a_server(repeated) as port:
        state = a_state(tmp_path, port)
        with pytest.raises(StoreLostError, match=r"is lost: ResponseError$") as caught:
            state.next_attempt(a_charge_of())

    assert PASSWORD not in "".join(traceback.format_exception(caught.value))


def test_a_refusal_is_told_by_its_code(tmp_path: Path) -> None:
    with a_server(b"-NOPERM this user has no permissions\r\n") as port:
        state = a_state(tmp_path, port)
        with pytest.raises(StoreLostError, match="is lost: NoPermissionError"):
            state.next_attempt(a_charge_of())


@pytest.mark.parametrize(
    ("answer", "told"),
    cases(
        "to {0} it says {1}",
        [
            (b"-MOVED 5798 10.0.0.1:6379\r\n", "MovedError: it is a node of a Redis Cluster"),
            (b"-ASK 5798 10.0.0.1:6379\r\n", "AskError: it is a node of a Redis Cluster"),
            (b"-CLUSTERDOWN Hash slot not served\r\n", "ClusterDownError: it is a node of a Redis"),
            (b"-MASTERDOWN Link with MASTER is down\r\n", "MasterDownError: it is a replica"),
            (b"-READONLY You can't write\r\n", "ReadOnlyError: it is a replica"),
            (b"-LOADING Redis is loading\r\n", "BusyLoadingError: it is still loading"),
            (b"-NOAUTH Authentication required.\r\n", "AuthenticationError"),
            (b"-WRONGPASS invalid username-password pair\r\n", "AuthenticationError"),
            (b"-MISCONF Redis is configured to save\r\n", "ResponseError MISCONF"),
            (b"-MOVED somewhere else\r\n", "ValueError: it does not answer as a Redis does"),
            (b":one\r\n", "ValueError: it does not answer as a Redis does"),
            (b"HTTP/1.1 400 Bad Request\r\n", "InvalidResponse"),
        ],
    ),
)
def test_whatever_it_says_that_is_no_answer_it_is_lost_and_connected_to_anew(
    tmp_path: Path, answer: bytes, told: str
) -> None:
    connections: list[socket.socket] = []
    with a_server(answer, connections) as port:
        state = a_state(tmp_path, port)
        for number in (1, 2):
            with pytest.raises(StoreLostError, match=f"is lost: {told}"):
                state.next_attempt(a_charge_of())
            assert state.scope is Scope.LOST
            eventually(partial(tried_on, connections, state, number + 1), within=5)


def tried_on(connections: list[socket.socket], state: State, number: int) -> bool:
    """Whether the server has as many connections, and the client none of those before."""
    with suppress(StoreLostError):
        state.next_attempt(a_charge_of())
    before = connections[: number - 1]
    return len(connections) >= number and all(each.recv(65536) == b"" for each in before)


def test_a_name_that_is_none_is_a_store_that_is_lost(tmp_path: Path) -> None:
    state = a_state(tmp_path, 6379, PAYMENT_STORE_URL="redis://a..b")

    with pytest.raises(StoreLostError, match="UnicodeError: its name cannot be looked up"):
        state.next_attempt(a_charge_of())


def test_whoever_prefers_it_goes_on_per_process_and_says_so(tmp_path: Path) -> None:
    state = a_state(tmp_path, free_port(), PAYMENT_STORE_FAILURE_POLICY="Local")

    assert [state.next_attempt(a_charge_of()) for _ in range(3)] == [1, 2, 3]
    assert state.scope is Scope.LOCAL


def test_without_a_store_this_process_remembers_as_much_as_the_settings_say() -> None:
    state = open_state(Settings.from_env({"PAYMENT_ATTEMPTS_KEPT": "1"}))
    charges: list[Charge] = [a_charge_of(1), a_charge_of(2), a_charge_of(1)]

    assert isinstance(state, Memory)
    assert [state.next_attempt(charge) for charge in charges] == [1, 1, 1]


@pytest.mark.parametrize(
    ("content", "flaw"), cases("the file {0} {1}", [(None, "cannot be read"), ("\n", "is empty")])
)
def test_a_password_file_of_no_use_is_a_mistake(
    tmp_path: Path, content: str | None, flaw: str
) -> None:
    path = tmp_path / "password"
    if content is not None:
        path.write_text(content)
    settings = Settings.from_env(
        {"PAYMENT_STORE_URL": "redis://store", "PAYMENT_STORE_PASSWORD_FILE": str(path)}
    )

    with pytest.raises(MistakesError, match=f"PAYMENT_STORE_PASSWORD_FILE: {path} {flaw}"):
        open_state(settings)


def test_a_password_file_that_is_no_plain_file_is_not_waited_for(tmp_path: Path) -> None:
    path = tmp_path / "password"
    os.mkfifo(path)
    settings = Settings.from_env(
        {"PAYMENT_STORE_URL": "redis://store", "PAYMENT_STORE_PASSWORD_FILE": str(path)}
    )

    with pytest.raises(MistakesError, match="cannot be read"):
        open_state(settings)
