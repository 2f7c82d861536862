"""The stack's fields for payment's profile are those of payment's own schema."""

import json
from typing import Any

import pytest

from billing_dev.crd import nodes, schema
from billing_dev.render.profile_fields import (
    CRD,
    MOST_CURRENCIES,
    MOST_CUSTOMERS,
    PROFILE_SCHEMA,
    crd_text,
)
from billing_operator.desired import profile
from billing_operator.spec.payment import PROFILE_DEFAULTS, PROFILE_PARTS
from payment_service.files import LARGEST_FILE
from payment_service.profile.document import Profile
from support.operator.builders import a_stack

PAYMENT = schema()["properties"]["spec"]["properties"]["payment"]["properties"]
DOCUMENT = json.loads(PROFILE_SCHEMA.read_text())["properties"]
# What no structural schema may have.
FOREIGN = {"$ref", "$defs", "const", "oneOf", "anyOf", "dependentRequired", "additionalProperties"}


def test_the_custom_resource_is_in_step_with_payments_schema() -> None:
    assert crd_text() == CRD.read_text(), "see `make render`"


def test_every_part_of_the_profile_is_a_field_with_the_codes_default() -> None:
    assert {"successRate", "seed", *PROFILE_PARTS} == set(DOCUMENT)
    assert set(DOCUMENT) <= set(PAYMENT)
    # An empty list in the schema would be stored with every stack, and say nothing.
    defaults = {part: PAYMENT[part].get("default") for part in PROFILE_PARTS}
    assert {part: of for part, of in defaults.items() if of} == {
        part: of for part, of in PROFILE_DEFAULTS.items() if of
    }


def test_the_success_rate_that_is_written_by_hand_is_in_step_as_well() -> None:
    for limit in ("type", "minimum", "maximum"):
        assert PAYMENT["successRate"][limit] == DOCUMENT["successRate"][limit]


@pytest.mark.parametrize("part", PROFILE_PARTS)
def test_a_schema_of_kubernetes_has_types_and_no_references(part: str) -> None:
    for path, node in nodes(PAYMENT[part]):
        assert "type" in node, path
        assert set(node) & FOREIGN == set(), path


def the_largest() -> dict[str, Any]:
    """A profile of which no entry could be longer, and in which there could be none more."""
    moment = "2026-01-01T00:00:00.123456+00:00"
    entry = {
        "skip": 2**31 - 1,
        "times": 2**31 - 1,
        "rate": 1 / 3,
        "from": moment,
        "until": moment.replace("2026", "2027"),
        "fault": {"charged": False, "status": {"code": 503, "retryAfterSeconds": 86400}},
    }
    range_of_amounts = dict.fromkeys(("min", "max"), "9" * 15 + "." + "9" * 9)
    match = {"amount": range_of_amounts, "attempts": {"min": 2**31 - 1, "max": 2**31 - 1}}
    most = {
        "customers": [2**63 - 1] * MOST_CUSTOMERS,
        # No character takes more room in JSON than one that is escaped as two.
        "currencies": ["\U0001f4b6" * 64] * MOST_CURRENCIES,
    }
    entries = [
        {"name": f"{number:063}", "match": match | (most if number == 0 else {}), **entry}
        for number in range(PAYMENT["rules"]["maxItems"])
    ]
    points = [{"percent": n + 1 / 3, "seconds": n + 1 / 3} for n in range(99)]
    return {"rules": entries, "faults": entries, "latency": {"percentiles": {"points": points}}}


def test_the_largest_profile_that_can_be_applied_is_one_that_payment_reads() -> None:
    document = profile.document(a_stack(payment=the_largest())).encode()

    # Beside the rest of what a ConfigMap has.
    assert len(document) < LARGEST_FILE - 10_000
    assert len(Profile.from_json(document).rules) == PAYMENT["rules"]["maxItems"]
