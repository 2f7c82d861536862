"""What is read as JSON, and what is said of what is none."""

import json
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from payment_service.text.strict_json import JsonError, parse
from support.cases import cases

SPACE = st.text(" \t\r\n", max_size=3)
TEXTS = st.text('[]{}:, "\\abu0123456789.-+eE\n\ufeff\xa0tfn', max_size=12)
DOCUMENTS = st.recursive(
    st.none() | st.booleans() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner),
    max_leaves=5,
)


def what(read: Callable[[str], object], text: str) -> str | None:
    """What is told of a text; None if it is a document."""
    try:
        read(text)
    except json.JSONDecodeError as error:
        return f"{error.msg} at character {error.pos}"
    except JsonError as error:
        return str(error)
    return None


@given(DOCUMENTS, SPACE, SPACE)
def test_white_space_around_a_document_says_nothing(
    document: object, before: str, behind: str
) -> None:
    assert parse((before + json.dumps(document) + behind).encode()) == document


@given(TEXTS)
def test_of_a_mistake_the_place_is_told_where_the_standard_library_sees_it(text: str) -> None:
    message = what(json.loads, text)
    # A byte order mark it does not even begin with.
    assert what(lambda sent: parse(sent.encode()), text) == message or text.startswith("\ufeff")


@pytest.mark.parametrize(
    "raw",
    cases(
        "the text is {0}", [b"", b" ", b"{} {}", b"{}x", b'{"a":1}}', b"\xa0{}", b"\xef\xbb\xbf{}"]
    ),
)
def test_what_is_not_one_document_is_refused(raw: bytes) -> None:
    with pytest.raises(JsonError):
        parse(raw)
