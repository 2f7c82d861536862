"""The schema's defaults and limits, held against another implementation and the schema itself."""

from typing import Any

import jsonschema
import pytest

from billing_dev.crd import nodes, schema
from billing_operator.commands import render
from billing_operator.commands.schema import CHECKED, defaulted, mistakes
from billing_operator.kinds import Manifest
from case_names import as_written

# For people, or for the API server alone: rules in CEL, how lists are merged, what only narrows a
# type that is checked anyhow.
_NOT_CHECKED = {
    "anyOf",
    "default",
    "description",
    "format",
    "x-kubernetes-list-type",
    "x-kubernetes-map-type",
    "x-kubernetes-validations",
}


def test_the_package_carries_the_schema_that_is_checked_in() -> None:
    assert render.schema() == schema()


def test_every_word_of_the_schema_is_heeded_or_left_to_the_api_server() -> None:
    words = {word for _, node in nodes(schema()) for word in node}

    assert words - CHECKED - _NOT_CHECKED == set()


@pytest.mark.parametrize(
    ("value", "by", "wrong"),
    [
        (3, {"type": "integer", "maximum": 2}, "a: 3 is more than 2"),
        (0, {"type": "number", "minimum": 0.5}, "a: 0 is less than 0.5"),
        (
            0,
            {"type": "number", "minimum": 0, "exclusiveMinimum": True},
            "a: 0 is not more than 0",
        ),
        (True, {"type": "integer"}, "a: true is not a whole number"),
        (1.5, {"type": "integer"}, "a: 1.5 is not a whole number"),
        ("1", {"type": "number"}, "a: '1' is not a number"),
        (None, {"type": "string"}, "a: null is not text"),
        ([], {"type": "object"}, "a: a list is not a mapping"),
        ({}, {"type": "array"}, "a: a mapping is not a list"),
        ("", {"type": "string", "minLength": 1}, "a: is shorter than 1"),
        ("ab", {"type": "string", "maxLength": 1}, "a: is longer than 1"),
        ("a b", {"type": "string", "pattern": r"^\S+$"}, r"a: does not match ^\S+$"),
        ("c", {"type": "string", "enum": ["a", "b"]}, "a: 'c' is none of a, b"),
        ([1, 2], {"type": "array", "maxItems": 1}, "a: has more than 1 entries"),
        ([], {"type": "array", "minItems": 1}, "a: has fewer than 1 entries"),
        (
            {"b": 1},
            {"type": "object", "maxProperties": 0, "additionalProperties": {}},
            "more than 0",
        ),
        ({}, {"type": "object", "required": ["b"]}, "a.b: is missing"),
        (
            {"rats": 1},
            {"type": "object", "properties": {"rate": {}}},
            "a.rats: there is no such field; rate is one",
        ),
        ({"x": 1}, {"type": "object"}, "a.x: there is no such field"),
        ([1, "b"], {"type": "array", "items": {"type": "integer"}}, "a[1]: 'b' is not a whole"),
        (
            {"b": 1},
            {"type": "object", "additionalProperties": {"type": "string"}},
            "a.b: 1 is not text; write it in quotes",
        ),
        (12.5, {"type": "string"}, "a: 12.5 is not text; write it in quotes"),
        ("500\n", {"type": "string", "pattern": "^[0-9]+$"}, "a: does not match"),
        (
            [{"n": "x"}, {"n": "x"}],
            {
                "type": "array",
                "x-kubernetes-list-map-keys": ["n"],
                "items": {"type": "object", "properties": {"n": {}}},
            },
            "a[1]: there is one of n x already",
        ),
        (True, {"type": "string"}, "a: true is not text"),
        (1.5, {"x-kubernetes-int-or-string": True}, "a: 1.5 is not a whole number or text"),
    ],
    ids=as_written,
)
def test_a_mistake_is_told_with_its_field(value: Any, by: Manifest, wrong: str) -> None:
    (told,) = mistakes(value, by, "a")

    assert wrong in told


@pytest.mark.parametrize(
    ("value", "by"),
    [
        (2.0, {"type": "integer"}),
        (1, {"type": "number"}),
        (1, {"x-kubernetes-int-or-string": True, "pattern": "^x$", "maxLength": 1}),
        ("1", {"x-kubernetes-int-or-string": True}),
        ({"b": {"c": 1}}, {"type": "object", "additionalProperties": {"properties": {"c": {}}}}),
        ("anything", {}),
    ],
    ids=as_written,
)
def test_what_is_well_is_left_in_peace(value: Any, by: Manifest) -> None:
    assert list(mistakes(value, by, "a")) == []


def test_a_long_value_is_not_repeated_in_full() -> None:
    (told,) = mistakes("x" * 5000, {"type": "integer"}, "a")

    assert len(told) < 120


@pytest.mark.parametrize(
    "spec",
    [
        {},
        {"antaeus": {"replicas": 2}},
        {"antaeus": {"replicas": True}},
        {"antaeus": {"image": ""}},
        {"antaeus": {"imagePullPolicy": "Maybe"}},
        {"antaeus": {"env": [{"value": "1"}]}},
        {"antaeus": {"env": [{"name": "A", "value": "1"}]}},
        {"antaeus": {"resources": {"limits": {"memory": "lots"}}}},
        {"antaeus": {"resources": {"limits": {"cpu": 1}}}},
        {"antaeus": {"service": {"nodePort": 80}}},
        {"payment": {"successRate": 1.1}},
        {"payment": {"successRate": 1}},
        {"payment": {"seed": 1.5}},
        {"payment": []},
        {"token": {"secretRef": {}}},
        {"suspend": "no"},
    ],
    ids=as_written,
)
def test_it_says_what_another_reader_of_the_schema_says(spec: Manifest) -> None:
    by = schema()["properties"]["spec"]
    well = jsonschema.Draft7Validator(by).is_valid(spec)

    assert (not list(mistakes(spec, by))) == well


def test_a_field_that_is_null_counts_as_one_that_is_not_there() -> None:
    by: Manifest = {"properties": {"a": {"default": 1}, "b": {"type": "string"}}}

    assert defaulted({"a": None, "b": None}, by) == {"a": 1}


def test_a_default_is_never_shared_between_two_documents() -> None:
    by: Manifest = {"properties": {"a": {"default": {}}}}
    defaulted({}, by)["a"]["b"] = 1

    assert defaulted({}, by) == {"a": {}}
