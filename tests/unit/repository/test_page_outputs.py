"""How an output that a page shows is compared with what was printed."""

import pytest

from support.cases import cases
from support.documents.outputs import NotPrintedError, Output, normalised, one_line

TABLE = "NAME   PAID   PENDING   AGE\nshop   10     0         31s\n"
WHOLE = Output("kubectl get bst", in_part=False, but_for_counts=False)
PART = Output("make demo", in_part=True, but_for_counts=False)
LOOSE = Output("make demo", in_part=True, but_for_counts=True)


@pytest.mark.parametrize(
    ("comment", "expected"),
    [
        pytest.param("<!-- output: kubectl get bst -->", WHOLE, id="all that a command prints"),
        pytest.param("<!-- part of the output: make demo -->", PART, id="a part of it"),
        pytest.param(
            "<!-- part of the output, but for counts: make demo -->",
            LOOSE,
            id="a part of it whose numbers differ",
        ),
        pytest.param("<!-- something else -->", None, id="no word of an output"),
        pytest.param("<!-- output: -->", None, id="an output of nothing"),
    ],
)
def test_the_comment_above_says_what_is_shown(comment: str, expected: Output | None) -> None:
    assert Output.named(comment) == expected


@pytest.mark.parametrize(
    ("one", "other"),
    cases(
        "{0} is like {1}",
        [
            ("shop   True   31s", "shop  True   3m10s"),
            ("up 2h ago", "up 4d2h ago"),
            ("at 2026-01-05T09:12:44.103Z", "at 2027-11-30T18:00:01Z"),
            ("demo-payment-5d8f9c-x2k7p up", "demo-payment-7d8b768c5d-gmntl up"),
            ("billing-payment:9ab07 runs", "billing-payment:0.1.0-77 runs"),
            ('{"value":181.62}', '{"value":9.1}'),
            ('{"charge_id": "0c9e51d2"}', '{"charge_id": "77"}'),
            ("PASSED in 61 s", "PASSED in 7 s"),
            ("http://127.0.0.1:9000/ now", "http://127.0.0.1:43211/ now"),
            (
                "uid 6f1c1a5e-0b7d-4a57-9d57-3b1f0c0f7a10",
                "uid 00000000-0b7d-4a57-9d57-000000000000",
            ),
        ],
    ),
)
def test_what_differs_from_run_to_run_does_not_count(one: str, other: str) -> None:
    assert normalised(one) == normalised(other)


@pytest.mark.parametrize(
    ("one", "other"),
    cases(
        "{0} is not {1}",
        [
            ("shop True", "shop False"),
            ("PAID 10", "PAID 11"),
            ("demo-payment-5d8f9c-x2k7p up", "demo-antaeus-5d8f9c-x2k7p up"),
            ("port 9000 is open", "port 9001 is open"),
            ('{"status":"PAID"}', '{"status":"PENDING"}'),
            ("1 of 8 pods", "2 of 8 pods"),
        ],
    ),
)
def test_everything_else_counts(one: str, other: str) -> None:
    assert normalised(one) != normalised(other)


def test_all_that_was_printed_has_to_be_shown() -> None:
    assert WHOLE.agrees(TABLE, TABLE.replace("31s", "9m2s"))
    assert not WHOLE.agrees(TABLE, f"Warning: something\n{TABLE}")
    assert not WHOLE.agrees(TABLE, TABLE.replace("10 ", "9  "))


def test_a_part_is_found_by_its_first_and_its_last_line() -> None:
    printed = "begin\nfirst\nof 7 s\nlast\nend\n"

    assert PART.real("first\nof 3 s\nlast\n", printed) == "first\nof 7 s\nlast\n"
    assert PART.agrees("first\nof 3 s\nlast\n", printed)
    assert not PART.agrees("first\nlast\n", printed)


def test_a_part_that_was_not_printed_is_told() -> None:
    with pytest.raises(NotPrintedError, match="no such line was printed: gone"):
        PART.real("begin\ngone\n", "begin\nend\n")


def test_numbers_count_unless_the_comment_says_otherwise() -> None:
    assert LOOSE.agrees("paid  52  +52\n", "paid  47  +47\n")
    with pytest.raises(NotPrintedError):
        PART.agrees("paid  52  +52\n", "paid  47  +47\n")


def test_a_command_is_known_by_a_part_of_it_however_its_lines_are_broken() -> None:
    output = Output("render --image a:1 -", in_part=False, but_for_counts=False)

    assert output.is_of("! printf x |\n  billing-operator render \\\n  --image a:1 -")
    assert not output.is_of("billing-operator render --image b:1 -")
    assert one_line("a \\\n  b |\n c") == "a b | c"
