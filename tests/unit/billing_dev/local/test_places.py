import socket
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from billing_dev.local.places import LocalError, Places
from billing_dev.ports import free_port

FOLDER = Path("/folder")


@pytest.fixture
def taken() -> Iterator[int]:
    """A port on which somebody listens on loopback."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield listener.getsockname()[1]


def places(**ports: int) -> Places:
    """Free ports, but for those that are named."""
    free = Places(FOLDER, free_port(), free_port(), free_port())
    return replace(free, **ports)  # type: ignore[arg-type]  # it cannot see that all are numbers


def test_the_usual_ports_are_those_of_the_documents() -> None:
    assert Places.from_env({}, FOLDER) == Places(FOLDER, payment=9000, ops=9001, antaeus=8000)


def test_each_port_can_be_named() -> None:
    env = {
        "PAYMENT_PORT": "1",
        "PAYMENT_OPS_PORT": "2",
        "ANTAEUS_PORT": "3",
        "PAYMENT_CONTROL_PORT": "4",
        "PAYMENT_HOST": "::1",
    }

    assert Places.from_env(env, FOLDER) == Places(FOLDER, 1, 2, 3, 4, "::1")


@pytest.mark.parametrize(
    "text",
    ["x", "-1", "65536"],
    ids=["no number", "a number below 0", "a number above the highest"],
)
@pytest.mark.parametrize("name", ["ANTAEUS_PORT", "PAYMENT_CONTROL_PORT"])
def test_what_is_no_port_is_refused(name: str, text: str) -> None:
    with pytest.raises(LocalError, match=f"{name}.* must be numbers from 0 to 65535"):
        Places.from_env({name: text}, FOLDER)


def test_free_ports_are_not_taken() -> None:
    assert list(places().taken()) == []


@pytest.mark.parametrize(
    ("of", "what", "variable"),
    [
        ("payment", "payment's charges", "PAYMENT_PORT"),
        ("ops", "payment's operations", "PAYMENT_OPS_PORT"),
        ("antaeus", "Antaeus' stand-in", "ANTAEUS_PORT"),
        ("control", "payment's control", "PAYMENT_CONTROL_PORT"),
    ],
    ids=["charges", "operations", "the stand-in", "control"],
)
def test_a_taken_port_is_told_with_who_has_it_and_how_to_choose_another(
    of: str, what: str, variable: str, taken: int
) -> None:
    (said,) = places(**{of: taken}).taken(lambda _: "kubectl (pid 7)")

    begin, _, other = said.partition(f" by {variable}=")
    assert begin == (
        f"port {taken}, of {what}, is taken by kubectl (pid 7): end that, or choose another"
    )
    number, _, rest = other.partition(" ")
    assert int(number) > taken
    assert rest == "make local"


def test_who_has_a_port_may_be_unknown(taken: int) -> None:
    (said,) = places(antaeus=taken).taken(lambda _: None)

    assert "is taken by somebody: " in said


def test_all_ports_that_are_taken_are_told_together(taken: int) -> None:
    assert len(list(places(payment=taken, antaeus=taken).taken())) == 2
