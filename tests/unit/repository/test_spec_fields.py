"""Every field of the spec can be tried, and the operator makes something of each.

A field that was added to the schema alone fails here: nothing would come of it.
"""

from typing import Any

import pytest

from billing_dev.crd import schema
from billing_operator.commands.render import Renderer
from billing_operator.commands.schema import defaulted, mistakes
from billing_operator.desired import antaeus
from billing_operator.kinds import Manifest
from billing_operator.spec.stack import Stack
from support.operator.builders import a_body, a_token, an_installation
from support.schema.schema_values import good
from support.schema.spec_context import WITHOUT_CHILDREN, values
from support.schema.spec_fields import Field, at_the_ends, fields, merged, wrong

SPEC = schema()["properties"]["spec"]
FIELDS = fields()
# Of the spec that each is compared with, since a policy or budget is there only for some.
OTHERWISE: Manifest = {"payment": {"replicas": 1}}


def stored(spec: Manifest) -> Stack:
    """A stack, with its defaults."""
    return Stack.from_body(defaulted(a_body(**merged(OTHERWISE, spec)), schema()))


def test_every_field_has_two_values_unless_there_is_but_one() -> None:
    few = {field.path: field.values for field in FIELDS if len(field.values) < 2}
    single = {path: of for path, of in few.items() if of not in (([],), ({},))}

    # As their schema has it, or Kubernetes.
    assert {path for path in single if not values(path)} == {
        field.path for field in FIELDS if len(field.node.get("enum", ())) == 1
    }


def test_the_schema_takes_every_value_and_refuses_every_wrong_one() -> None:
    taken = {field.path: field.spec(value) for field in FIELDS for value in field.values}
    refused = [(field.path, what) for field, what, spec in wrong() if not said_of(spec)]

    assert {path: said_of(spec) for path, spec in taken.items() if said_of(spec)} == {}
    assert refused == []


def said_of(spec: Manifest) -> list[str]:
    return list(mistakes(spec, SPEC))


@pytest.mark.parametrize(
    "field", [each for each in FIELDS if len(each.values) > 1], ids=lambda field: field.path
)
def test_a_change_of_a_field_changes_what_is_applied(field: Field) -> None:
    children = Renderer(an_installation()).children
    first, second = (children(stored(field.spec(value))) for value in field.values)

    assert (first == second) == (field.path in WITHOUT_CHILDREN)


@pytest.mark.parametrize(
    "field", [each for each in FIELDS if each.path.startswith(".antaeus.")], ids=lambda f: f.path
)
def test_what_a_user_chooses_about_antaeus_pod_is_told_by_its_digest(field: Field) -> None:
    """By that alone a running Antaeus is given another template, or is left as it is."""
    stacks = [stored(field.spec(value)) for value in (field.values[0], field.values[-1])]
    first, last = (antaeus.template(each, a_token(), an_installation()) for each in stacks)
    one, other = (antaeus.template_origin(each, a_token()) for each in stacks)

    assert (first == last) == (one == other)


def test_values_come_from_type_default_limits_and_pattern() -> None:
    kinds: list[tuple[Manifest, tuple[Any, ...]]] = [
        ({"type": "boolean", "default": True}, (False, True)),
        ({"type": "integer", "minimum": 5, "default": 6}, (7, 5)),
        ({"type": "number", "minimum": 0, "maximum": 1}, (0.25, 0.75)),
        ({"type": "number", "minimum": 0, "exclusiveMinimum": True, "maximum": 1}, (0.25, 0.75)),
        ({"type": "string", "enum": ["a", "b", "c"], "default": "a"}, ("b", "c")),
        ({"type": "string", "pattern": "^[0-9.]+/8$"}, ("10.0.0.0/8",)),
        ({"type": "string", "pattern": "^never$"}, ()),
    ]

    assert [good(node) for node, _ in kinds] == [values for _, values in kinds]


def test_the_ends_of_what_is_taken_are_many() -> None:
    assert len(list(at_the_ends())) > len(FIELDS)
