"""Other people's text, as a terminal gets it."""

import re
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from payment_service.text.escapes import escaped, width
from support.cases import cases

ESCAPE = re.compile(r"\\(\\|n|r|t|x[0-9a-f]{2}|u[0-9a-f]{4}|U[0-9a-f]{8})")
PLAIN = {"\\": "\\", "n": "\n", "r": "\r", "t": "\t"}


def read(text: str) -> str:
    """What somebody reads out of a text that is shown."""
    return ESCAPE.sub(lambda found: PLAIN.get(found[1]) or chr(int(found[1][1:], 16)), text)


@pytest.mark.parametrize(
    ("text", "seen"),
    cases(
        "of {0} one sees {1}",
        [
            ("USD", "USD"),
            ("z\u0142 \u20ac \u65e5", "z\u0142 \u20ac \u65e5"),
            ("\x1b[31mred", r"\x1b[31mred"),
            ("one\ntwo\r\tthree", r"one\ntwo\r\tthree"),
            ("\x00\x7f\x85\x9b", r"\x00\x7f\x85\x9b"),
            ("\u2028\u2029\u202e\u200b\ufeff", r"\u2028\u2029\u202e\u200b\ufeff"),
            ("a\u0301\u0489", r"a\u0301\u0489"),
            ("\u05d0\u0661", r"\u05d0\u0661"),
            ("\U000e0001", r"\U000e0001"),
            ("\udc80", r"\udc80"),
            (r"C:\Program Files", r"C:\Program Files"),
            (r"C:\users", r"C:\\users"),
            ("\\\x1b", r"\\\x1b"),
            ("\\\\", r"\\" + "\\"),
            ("ends with \\", "ends with \\"),
        ],
    ),
)
def test_what_a_terminal_would_act_on_is_escaped(text: str, seen: str) -> None:
    assert escaped(text) == seen


@given(st.text(st.characters() | st.sampled_from("\\nrtxuU0a\n\x1b\u202e\udc80")))
def test_all_of_it_is_harmless_and_can_be_read_back(text: str) -> None:
    seen = escaped(text)

    assert seen.isprintable()
    assert not {unicodedata.bidirectional(each) for each in seen} & {"R", "AL", "AN", "RLO", "LRI"}
    assert read(seen) == text


@pytest.mark.parametrize(
    ("text", "columns"), cases("{0} takes {1} columns", [("USD", 3), ("\u20ac", 1), ("\u65e5x", 3)])
)
def test_a_character_that_is_wide_takes_two_columns(text: str, columns: int) -> None:
    assert width(text) == columns
