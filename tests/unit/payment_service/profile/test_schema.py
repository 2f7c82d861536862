"""The JSON Schema of the profile: in step with the parser, and where the parser is stricter."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from billing_dev.render.profile_fields import PROFILE_SCHEMA
from payment_service.profile.document import Profile
from payment_service.profile.schema import schema, schema_text
from payment_service.text.mistakes import MistakesError
from support.payment.profile_documents import documents, patient, values
from support.payment.profiles import a_full_document, mistakes_of, set_at

VALIDATOR = Draft202012Validator(schema())
# What a schema cannot say, by a part of the words in which it is told.
STRICTER = (
    "is the name of an earlier one",
    "is less than m",
    "is not after from",
    "of the point before",
    ".0 is not a whole number",
    "is not a time with its offset",  # of which the schema knows the form, not the calendar
)


@patient
@given(documents())
def test_parser_and_schema_agree_but_for_what_a_schema_cannot_say(document: Any) -> None:
    mistakes = mistakes_of(json.dumps(document).encode())

    if VALIDATOR.is_valid(document):
        assert [text for text in mistakes if not any(words in text for words in STRICTER)] == []
    else:
        assert mistakes


@patient
@given(st.dictionaries(st.sampled_from(["successRate", "seed", "rules", "limits"]), values))
def test_they_agree_on_arbitrary_members_as_well(document: Any) -> None:
    mistakes = mistakes_of(json.dumps(document).encode())

    if VALIDATOR.is_valid(document):
        assert [text for text in mistakes if not any(words in text for words in STRICTER)] == []
    else:
        assert mistakes


@pytest.mark.parametrize(
    ("path", "value"),
    [
        pytest.param("rules.1.name", "customer-2", id="two rules of the same name"),
        pytest.param("faults.1.name", "busy", id="two faults of the same name"),
        pytest.param("rules.0.match.amount.min", "20.51", id="amounts from more to less"),
        pytest.param("rules.0.match.attempts.min", 3, id="attempts from more to less"),
        pytest.param(
            "latency",
            {"uniform": {"minSeconds": 2, "maxSeconds": 1}},
            id="seconds from more to less",
        ),
        pytest.param("latency.percentiles.points.1.percent", 50, id="percent that does not rise"),
        pytest.param("latency.percentiles.points.1.seconds", 0, id="seconds that fall"),
        pytest.param("rules.0.until", "2025-01-01T00:00:00Z", id="an end before the beginning"),
        pytest.param("rules.0.from", "2026-02-30T00:00:00Z", id="a day that is in no calendar"),
        pytest.param("seed", 42.0, id="a whole number with a decimal point"),
    ],
)
def test_the_parser_is_stricter_than_the_schema_about(path: str, value: object) -> None:
    document = set_at(a_full_document(), path, value)

    assert VALIDATOR.is_valid(document)
    (mistake,) = mistakes_of(json.dumps(document).encode())
    assert any(words in mistake for words in STRICTER)


def test_a_key_that_stands_twice_and_what_is_no_number_never_reach_a_schema() -> None:
    for raw in (b'{"successRate": 1, "successRate": 1}', b'{"successRate": NaN}'):
        with pytest.raises(MistakesError):
            Profile.from_json(raw)


def test_the_shipped_schema_is_the_one_of_the_code() -> None:
    assert PROFILE_SCHEMA.read_text() == schema_text(), "make render writes it again"


def test_the_schema_is_one_and_explains_every_member() -> None:
    Draft202012Validator.check_schema(schema())
    for name, part in schema()["$defs"].items():
        assert part["description"], name
        for key, member in part.get("properties", {}).items():
            # What only repeats the description of its part has none of its own.
            assert member.get("description") or "$ref" in member, f"{name}.{key}"


def test_every_member_but_the_seed_has_one_type() -> None:
    def branches(node: Any, path: str = "") -> list[str]:
        if isinstance(node, list):
            return [below for each in node for below in branches(each, path)]
        if not isinstance(node, dict):
            return []
        typed = any("type" in each or "$ref" in each for each in node.get("anyOf", ()))
        here = [path] if typed or isinstance(node.get("type"), list) else []
        return here + [
            mistakes for key in node for mistakes in branches(node[key], f"{path}/{key}")
        ]

    assert branches(schema()) == ["/properties/seed"]
