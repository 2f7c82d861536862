"""Ids of cases: what counts as a sentence, and what a row makes of one."""

from enum import Enum
from types import SimpleNamespace
from typing import Any

import pytest

from support.cases import cases, unclear


class Colour(Enum):
    RED = 1


def test_values_stand_in_the_sentence_as_they_are_or_as_python_writes_them() -> None:
    rows: list[tuple[object, object]] = [
        ("", 1),
        ("x\n", None),
        (Colour.RED, b"\xff"),
        ("x" * 99, {}),
    ]

    assert [case.id for case in cases("the first is {0} and the second is {1}", rows)] == [
        "the first is '' and the second is 1",
        "the first is 'x\\n' and the second is None",
        "the first is red and the second is b'\\xff'",
        f"the first is {'x' * 60}... and the second is {{}}",
    ]


def test_a_value_that_is_no_tuple_stands_for_itself() -> None:
    (case,) = cases("the list is {0}", [[1, 2]])

    assert (case.values, case.id) == (([1, 2],), "the list is [1, 2]")


def test_an_id_that_a_row_has_already_makes_room_for_the_sentence() -> None:
    (case,) = cases("the token is {0}", [pytest.param(None, id="none")])

    assert case.id == "the token is None"


@pytest.mark.parametrize(
    "good",
    cases("the id {0} is good", ["the path is /", "no token", "a charge of 0 is taken-at once"]),
)
def test_words_are_a_sentence(good: str) -> None:
    assert unclear([an_item(good)]) == []


@pytest.mark.parametrize(
    "bad",
    cases("the id {0} is bad", ["spec8-known8", "a good name-spec8", "0", "", "None-404", "- -"]),
)
def test_what_pytest_makes_up_is_no_sentence(bad: str) -> None:
    assert unclear([an_item(bad)]) == [f"test_it[{bad}]"]


def test_a_test_without_cases_needs_no_id() -> None:
    plain: Any = SimpleNamespace(nodeid="test_it")

    assert unclear([plain]) == []


def an_item(name: str) -> Any:
    spec = SimpleNamespace(id=name, params={"spec": 0, "known": 0})
    return SimpleNamespace(nodeid=f"test_it[{name}]", callspec=spec)
