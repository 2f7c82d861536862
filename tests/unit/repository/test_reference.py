"""The reference says what the schema says, all of it."""

import re
from collections.abc import Iterator

from billing_dev.crd import crd, in_words, nodes, schema
from billing_dev.render.reference import COPIES, REFERENCE, is_in_a_copy, reference

WRITTEN = REFERENCE.read_text()
MOST_BYTES = 75_000

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


def test_the_reference_can_be_read() -> None:
    assert len(WRITTEN.encode()) < MOST_BYTES


def test_every_field_of_ours_is_listed_once() -> None:
    known = [
        path
        for path, node in nodes(schema())
        if path.startswith((".spec.", ".status."))
        and not (path.endswith(("[]", "{}")) and "properties" in node)
        and not is_in_a_copy(path)
    ]

    assert sorted(listed()) == sorted(known)


def test_a_description_ends_with_the_range_and_the_default_that_explain_does_not_show() -> None:
    ours = [
        (path, node["description"], in_words(node))
        for path, node in nodes(schema())
        if path.startswith(".spec.") and "description" in node and not is_in_a_copy(path)
    ]
    ends = {path: text for path, text, said in ours if said}

    assert [path for path, text, said in ours if not text.endswith(said)] == []
    assert ends[".spec.antaeus.startupSeconds"].endswith("Range: 10 to 3600. Default: 300.")
    others = [text for _, text, said in ours if not said]
    assert [text for text in others if re.search(r"(Range|Default): ", text)] == []


def test_what_is_copied_from_kubernetes_is_one_row_that_leads_to_its_type() -> None:
    rows = WRITTEN.splitlines()
    for path, kind in COPIES.items():
        name = path.rpartition(".")[2]
        found = [row for row in rows if row.startswith(f"| `{name}` | [{kind}](https://")]
        assert len(found) == sum(each.endswith(f".{name}") for each in COPIES), path


def test_a_field_of_ours_is_not_taken_for_a_copy() -> None:
    assert is_in_a_copy(".spec.antaeus.tolerations[].key")
    assert not is_in_a_copy(".spec.antaeus.tolerations")
    assert not is_in_a_copy(".spec.antaeus.image")


def listed() -> Iterator[str]:
    section = ""
    for line in WRITTEN.splitlines():
        if line.startswith("## "):
            section = line.removeprefix("## ")
        elif (row := re.match(r"\| \[?`([^`]+)`", line)) and section.startswith(("spec", "status")):
            yield f".{section}.{row[1]}"


def test_every_rule_about_a_field_of_ours_is_told_with_its_message() -> None:
    rules = [
        node.get("x-kubernetes-validations", [])
        for path, node in nodes(schema())
        if not is_in_a_copy(path)
    ]
    found = [rule for of_one in rules for rule in of_one]

    assert found
    for rule in found:
        assert f"- {rule['message']}\n\n  `{rule['rule']}`\n" in WRITTEN


def test_every_column_is_told() -> None:
    for column in crd()["spec"]["versions"][0]["additionalPrinterColumns"]:
        assert f"| {column['name']} | `{column['jsonPath']}` |" in WRITTEN


def test_the_schema_has_no_keyword_that_the_reference_has_no_words_for() -> None:
    assert {keyword for _, node in nodes(schema()) for keyword in node} - TOLD == set()
