"""The schema is complete, bounded, small, and what the code takes it for."""

import json
import re
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal

import pytest
import yaml

from billing_dev.crd import crd, nodes, schema
from billing_operator.apps.answers import Counts
from billing_operator.apps.sums import Sum
from billing_operator.books.ledger import Count, Process, Snapshot
from billing_operator.commands.schema import defaulted
from billing_operator.errors import SpecError
from billing_operator.kinds import BILLING_STACK, Manifest
from billing_operator.names import RENEW_TOKEN, ROTATE_TOKEN
from billing_operator.observed.stack import observe
from billing_operator.reasons import ConditionType, Reason
from billing_operator.runs.context import ObservedRuns
from billing_operator.runs.jobs import runs_of
from billing_operator.spec.stack import Stack
from billing_operator.status.judge import judge
from billing_operator.status.readiness import Findings
from billing_operator.tokens.secret import TokenSecret
from billing_operator.tokens.state import token_state
from billing_operator.tokens.steps import Blocked, Rotation
from case_names import as_written
from support.operator.builders import (
    a_body,
    a_deployment,
    a_pod,
    a_reading,
    a_secret,
    a_stack,
    a_token,
    an_installation,
)
from support.operator.run_manifests import CRON_UID, a_job, a_run_pod

# Client-side apply keeps a copy of the whole in an annotation, and that has a limit of 256 KiB.
MOST_BYTES = 200_000
INSTANCE = {"podUID": "uid of shop-antaeus-0", "restartCount": 0}
SUMS = [{"currency": "USD", "count": 1, "amount": "1.50"}]
BOOKS_BEFORE = {"accepted": SUMS, "unseenProcesses": 0, "paid": SUMS}
BOOKS = dict.fromkeys(("booked", "paid", "forgotten", "difference"), SUMS) | {"unknownBecause": ""}
PROCESS = {"podUID": "uid of shop-payment-0", "restartCount": 0, "ended": False}
ACCEPTED = {"currencies": SUMS, "unseenProcesses": 0, "paidInvoices": 1}
ACCEPTED |= {"processes": [PROCESS | {"currencies": SUMS}]}
# All that a status ever says of billing, as far as it is remembered.
BILLING: Manifest = {
    "running": {
        "job": "run",
        "uid": "uid of run",
        "admissionTime": "",
        "startTime": "",
        "antaeusInstance": INSTANCE,
    }
    | {"paid": 1, "pending": 2, "podUID": "uid of run-x"}
    | {"leaveTime": "2025-01-01T00:00:00Z", "leaveMessage": "", "booksBefore": BOOKS_BEFORE}
    | {"refusedBefore": {"pods": "", "counts": [{"reason": "Token", "count": 1}]}},
    "unresolvedRun": {
        "job": "old",
        "uid": "uid of old",
        "time": "2025-01-01T00:00:00Z",
        "podUID": "uid of old-x",
        "antaeusInstance": INSTANCE,
    },
    "unknownPast": {"time": "2025-01-01T00:00:00Z"},
    "unmanagedRun": {"time": "2025-01-01T00:00:00Z", "antaeusInstance": INSTANCE, "paid": 1}
    | {"countsBefore": {"accepted": 1, "paid": 1, "unseenProcesses": 0}},
    "lastSkipped": {"job": "late", "uid": "uid of late", "time": "", "message": ""},
    "lastSuccessfulTime": "",
    "lastRun": {
        "job": "old",
        "uid": "uid of old",
        "outcome": "",
        "startTime": "",
        "antaeusInstance": INSTANCE,
    }
    | {"completionTime": "", "paidBefore": 1, "pendingBefore": 2, "paidAfter": 3, "pendingAfter": 0}
    | {"newlyPaid": 2, "message": "", "refused": [{"reason": "Token", "count": 8}]}
    | {"booksBefore": BOOKS_BEFORE, "books": BOOKS},
}
# Of an Antaeus that has forgotten; the payment process of before has ended, and nobody saw it.
READING = replace(
    a_reading(),
    counts=Counts(1, 2, paid_ids="1"),
    accepted=Snapshot({Process("b", 0): Count({"USD": Sum(1, Decimal(1))}, last=False)}, 1),
)
INVOICES = {"paid": 9, "pending": 0, "paidIDs": "1-9", "antaeusInstance": INSTANCE}
WITHOUT_WORDS = ("", ".apiVersion", ".kind", ".metadata")


def of_people() -> list[tuple[str, Manifest]]:
    """The nodes of spec and status."""
    return [(path, node) for path, node in nodes(schema()) if path not in WITHOUT_WORDS]


def test_every_field_says_what_it_means() -> None:
    fields = [(p, node) for p, node in of_people() if not p.endswith(("[]", "{}"))]

    assert [path for path, node in fields if not node.get("description")] == []


def test_no_text_was_taken_apart_by_yaml() -> None:
    # An unquoted comma in {description: one, two} makes a field called "two" that is null.
    assert ":null" not in json.dumps(crd(), separators=(",", ":"))


def test_entries_that_have_a_name_are_told_apart_by_it() -> None:
    arrays = {path: node for path, node in of_people() if node.get("type") == "array"}
    named = {path for path, node in arrays.items() if "name" in node["items"].get("required", ())}
    keys = {path: arrays[path].get("x-kubernetes-list-map-keys") for path in named}

    assert {".spec.payment.rules", ".spec.payment.faults"} <= named
    # As Kubernetes has them in its own pods.
    assert {path for path in named if keys[path] != ["name"]} == {
        ".spec.antaeus.podSecurityContext.sysctls"
    }


def test_a_list_of_the_status_goes_away_though_it_is_empty() -> None:
    # Server-side apply knows no owner of an empty list of type map, so it never removes one: what
    # was known of the last run would stand under the next.
    arrays = {path: node for path, node in of_people() if node.get("type") == "array"}
    types = {
        path: node.get("x-kubernetes-list-type")
        for path, node in arrays.items()
        if path.startswith(".status")
    }

    # There is always a condition, and everybody expects them to be a map.
    assert {path for path in types if types[path] != "atomic"} == {".status.conditions"}


def test_no_word_of_an_enum_means_something_else_to_yaml() -> None:
    spec = [node for path, node in of_people() if path.startswith(".spec")]
    words = [word for node in spec for word in node.get("enum", ()) if isinstance(word, str)]

    assert [word for word in words if yaml.safe_load(word) != word] == []


def test_nothing_is_filled_in_within_an_entry_of_a_list_or_a_map() -> None:
    # A list is sent whole: to kubectl apply the entries that were sent never look like those that
    # are stored, and whoever applies them as well seems to remove what was filled in.
    within = [path for path, node in of_people() if "default" in node and {"[", "{"} & set(path)]

    assert within == []


def test_everything_that_can_grow_has_a_maximum() -> None:
    assert [path for path, node in of_people() if unbounded(node)] == []


def unbounded(node: Manifest) -> bool:
    if node.get("type") == "array":
        return "maxItems" not in node
    if "additionalProperties" in node:
        return "maxProperties" not in node
    text = node.get("type") == "string" or node.get("x-kubernetes-int-or-string")
    named = "enum" in node or node.get("format") == "date-time"
    return bool(text) and not named and "maxLength" not in node


def test_a_field_without_a_maximum_would_be_found() -> None:
    open_ended = {"properties": {"a": {"type": "string"}, "b": {"type": "array", "items": {}}}}

    assert [path for path, node in nodes(open_ended) if unbounded(node)] == [".a", ".b"]


def test_nothing_is_let_in_unseen() -> None:
    text = json.dumps(crd())

    assert "x-kubernetes-preserve-unknown-fields" not in text
    assert "x-kubernetes-embedded-resource" not in text


def test_it_stays_small_enough_for_client_side_apply() -> None:
    assert len(json.dumps(crd(), separators=(",", ":"))) < MOST_BYTES


def test_it_is_the_kind_that_the_operator_speaks_of() -> None:
    spec = crd()["spec"]
    version = spec["versions"][0]["name"]

    named = (f"{spec['group']}/{version}", spec["names"]["kind"], spec["names"]["plural"])
    assert named == (BILLING_STACK.api_version, BILLING_STACK.name, BILLING_STACK.plural)


@pytest.mark.parametrize(
    "spec",
    [
        {},
        {"antaeus": {}, "payment": {}, "token": {}, "networkPolicy": {}},
        {"antaeus": {"service": {"nodePort": 30008}}},
        {"antaeus": {"persistence": {"mountPath": "/data", "template": {"size": "1Gi"}}}},
        {"antaeus": {"ingress": {"enabled": True}}},
        {"token": {"secretRef": {"name": "provider"}}},
        {"token": {"rotation": {}}},
        {"payment": {"resources": {"limits": {"cpu": "1"}}}},
        {"payment": {"podDisruptionBudget": {}, "autoscaling": {"maxReplicas": 2}}},
        {"antaeus": {"tmp": {}}},
        {"billing": {}},
        {"billing": {"schedule": "@daily", "timeZone": "Etc/UTC"}},
        {"payment": {"idempotency": {}, "duplicates": {"mode": "Ignore"}}},
        {"payment": {"store": {"host": "redis", "passwordSecretRef": {"name": "redis"}}}},
    ],
    ids=as_written,
)
def test_the_defaults_of_the_code_are_those_of_the_schema(spec: Manifest) -> None:
    bare = a_body(**spec)

    assert Stack.from_body(bare) == Stack.from_body(defaulted(bare, schema()))


def test_every_field_of_a_status_is_known_to_the_schema() -> None:
    tokens = {"token": "a", "secondary": "b", "step": "Staged", "source": "user"}
    rotated = a_secret(**tokens, **{"rotated-at": "2024-01-01T00:00:00Z"})
    stuck = a_run_pod(waiting={"reason": "ErrImagePull"})
    runs = runs_of([a_job(suspend=False), a_job("next")], [stuck], CRON_UID)
    found = Findings(
        runs=ObservedRuns(runs, activity=None, quiet_seconds=1),
        seen=observe([a_deployment("antaeus"), a_deployment()], [a_pod("antaeus"), a_pod()]),
        token=a_token(),
        fault=SpecError(Reason.TOKEN_INVALID, "no token", condition=ConditionType.TOKEN_INVALID),
        profile_in_effect=True,
        reading=READING,
        pending_update="image b",
        rotation=Rotation(
            token_state(TokenSecret.of(rotated), None), Blocked("more", remedy="do it")
        ),
    )
    status = judge(
        a_stack(
            suspend=True,
            monitoring={"enabled": True},
            antaeus={"ingress": {"enabled": True}},
            payment={"autoscaling": {"maxReplicas": 2}},
            token={"secretRef": {"name": "provider"}},
            annotations={RENEW_TOKEN: "1", ROTATE_TOKEN: "1"},
            status={"invoices": INVOICES, "billing": BILLING, "payment": {"accepted": ACCEPTED}},
            billing={"schedule": "@daily"},
        ),
        found,
        an_installation(),
        now=datetime(2025, 1, 1, tzinfo=UTC),
    )
    written = {path for path, _ in paths(status, ".status")}
    known = {path for path, _ in nodes(schema())}

    assert written - known == set()
    assert {path for path in known if path.startswith(".status")} - written == {".status"}


@pytest.mark.parametrize(
    ("schedule", "comes"),
    [
        ("0 0 31 2 *", False),
        ("0  6 30,31 FEB ?", False),
        ("*/5 * 31 4,6,9,11 *", False),
        ("0 0 30-31 02-02 *", False),
        ("0 0 29 2 *", True),
        ("0 0 31 * *", True),
        ("0 0 30 2,4 *", True),
        ("0 0 31 2/3 *", True),
        ("0 0 30,31 11 *", True),
        # The weekday comes in every month, and one of the two is enough.
        ("0 0 31 2 1", True),
        ("@monthly", True),
    ],
    ids=lambda value: as_written(value) if isinstance(value, str) else None,
)
def test_a_schedule_that_never_comes_is_refused(schedule: str, comes: bool) -> None:  # noqa: FBT001 - a parameter
    billing = schema()["properties"]["spec"]["properties"]["billing"]["properties"]
    (rule,) = (
        each["rule"]
        for each in billing["schedule"]["x-kubernetes-validations"]
        if "never comes" in each["message"]
    )
    pattern = rule.removeprefix("!self.matches('").removesuffix("')")

    assert (re.search(pattern, schedule) is None) is comes


def paths(value: object, at: str) -> list[tuple[str, object]]:
    if isinstance(value, dict):
        below = [found for name, of in value.items() for found in paths(of, f"{at}.{name}")]
        return [*(((at, value),) if at != ".status" else ()), *below]
    if isinstance(value, list):
        return [(at, value), *(found for item in value for found in paths(item, f"{at}[]"))]
    return [(at, value)]
