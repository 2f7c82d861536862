"""The reference says what the schema says, all of it."""

import re
from collections.abc import Iterator

from billing_dev.crd import crd, nodes, schema
from billing_dev.render.reference import REFERENCE, reference

WRITTEN = REFERENCE.read_text()

# What the reference has words for, or what says nothing to a person beside what is told anyway.
TOLD = {
    *("type", "format", "description", "default", "properties", "items", "additionalProperties"),
    *("required", "enum", "pattern", "minimum", "maximum", "minLength", "maxLength", "minItems"),
    *("maxItems", "minProperties", "maxProperties", "anyOf", "x-kubernetes-validations"),
    *(
        "exclusiveMinimum",
        "x-kubernetes-int-or-string",
        "x-kubernetes-list-type",
        "x-kubernetes-list-map-keys",
    ),
}


def test_the_reference_is_in_step_with_the_schema() -> None:
    assert reference() == WRITTEN, "see `make render`"


def test_every_field_is_listed_once() -> None:
    known = [
        path
        for path, node in nodes(schema())
        if path.startswith((".spec.", ".status."))
        and not (path.endswith(("[]", "{}")) and "properties" in node)
    ]

    assert sorted(listed()) == sorted(known)


def listed() -> Iterator[str]:
    section = ""
    for line in WRITTEN.splitlines():
        if line.startswith("## "):
            section = line.removeprefix("## ")
        elif (row := re.match(r"\| \[?`([^`]+)`", line)) and section.startswith(("spec", "status")):
            yield f".{section}.{row[1]}"


def test_every_rule_is_told_with_its_message() -> None:
    rules = [node.get("x-kubernetes-validations", []) for _, node in nodes(schema())]
    found = [rule for of_one in rules for rule in of_one]

    assert found
    for rule in found:
        assert f"- {rule['message']}\n\n  `{rule['rule']}`\n" in WRITTEN


def test_every_column_is_told() -> None:
    for column in crd()["spec"]["versions"][0]["additionalPrinterColumns"]:
        assert f"| {column['name']} | `{column['jsonPath']}` |" in WRITTEN


def test_the_schema_has_no_keyword_that_the_reference_has_no_words_for() -> None:
    assert {keyword for _, node in nodes(schema()) for keyword in node} - TOLD == set()
