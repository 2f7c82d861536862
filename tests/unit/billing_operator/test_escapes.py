"""Other people's text in what the operator's commands print."""

import pytest

from billing_operator.escapes import escaped
from support.cases import cases


@pytest.mark.parametrize(
    ("text", "seen"),
    cases(
        "of {0} one sees {1}",
        [
            ("shop is \u20ac", "shop is \u20ac"),
            ("\x1b[2J\r\n\x9b", r"\x1b[2J\r\n\x9b"),
            ("\u2028\u202e\udc80", r"\u2028\u202e\udc80"),
            (r"[a-z]\d \new", r"[a-z]\d \\new"),
            ("\\\n", r"\\\n"),
        ],
    ),
)
def test_what_a_terminal_would_act_on_is_escaped(text: str, seen: str) -> None:
    assert escaped(text) == seen
