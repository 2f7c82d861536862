"""The API server refuses what payment would refuse of its profile, and takes what payment takes."""

import json
from typing import Any

import pytest
from hypothesis import given, settings

from billing_dev.clients.api_server import ApiServer
from billing_dev.render.profile_fields import MOST_CURRENCIES, MOST_CUSTOMERS
from billing_operator.desired import profile
from billing_operator.kinds import BILLING_STACK
from billing_operator.spec.stack import Stack
from case_names import as_written
from payment_service.profile.document import Profile
from support.cluster.workspace import a_stack
from support.payment.profile_documents import documents, good_documents, patient
from support.payment.profiles import a_full_document, mistakes_of

# The schema comes with the operator; nothing is made here, so that any namespace will do.
pytestmark = pytest.mark.usefixtures("installed")

_NAMESPACE = "default"
_BUSY = {"status": {"code": 503}}


def _rule(**members: Any) -> dict[str, Any]:
    return {"rules": [{"name": "a", "accept": True, **members}]}


def _points(*points: tuple[float, float]) -> dict[str, Any]:
    listed = [{"percent": percent, "seconds": seconds} for percent, seconds in points]
    return {"latency": {"percentiles": {"points": listed}}}


@pytest.mark.parametrize(
    ("payment", "words"),
    [
        ({"declineReason": "broke"}, ["spec.payment.declineReason", '"InsufficientFunds"']),
        (
            {"faults": [{"name": "a", "fault": _BUSY}, {"name": "a", "fault": _BUSY}]},
            ["spec.payment.faults[1]", "Duplicate value", '"name":"a"'],
        ),
        (
            {"faults": [{"name": "a", "fault": {"charged": True}}]},
            ["spec.payment.faults[0].fault", "exactly one of status, connection and slowBody"],
        ),
        (
            {"faults": [{"name": "a", "fault": _BUSY | {"slowBody": {"seconds": 1}}}]},
            ["spec.payment.faults[0].fault", "remove the others"],
        ),
        ({"faults": [{"name": "a"}]}, ["spec.payment.faults[0].fault", "Required"]),
        ({"faults": [{"name": "A", "fault": _BUSY}]}, ["faults[0].name", "should match"]),
        (
            {"faults": [{"name": "a", "fault": {"status": {"code": 418}}}]},
            ["spec.payment.faults[0].fault.status.code", "503"],
        ),
        (_rule(decline={"reason": "Expired"}), ["spec.payment.rules[0]", "exactly one of accept"]),
        (_rule(accept=False), ["spec.payment.rules[0].accept", 'supported values: "true"']),
        (
            _rule(match={"amount": {"min": "10", "max": "9.99"}}),
            ["spec.payment.rules[0].match.amount.max", "raise max, or lower min"],
        ),
        (
            _rule(match={"amount": {"min": "999999999999999.99", "max": "999999999999999.98"}}),
            ["spec.payment.rules[0].match.amount.max", "raise max, or lower min"],
        ),
        (
            _rule(match={"amount": {"min": 12.5}}),
            ["spec.payment.rules[0].match.amount.min", "must be of type string"],
        ),
        (
            _rule(match={"amount": {"min": "12,50"}}),
            ["spec.payment.rules[0].match.amount.min", "should match"],
        ),
        (
            _rule(match={"attempts": {"min": 2, "max": 1}}),
            ["spec.payment.rules[0].match.attempts.max", "raise max, or lower min"],
        ),
        (_rule(match={"customers": []}), ["match.customers", "at least 1 items"]),
        (_rule(match={"customers": [2**63]}), ["spec.payment.rules[0].match.customers[0]"]),
        (_rule(**{"from": "2026-01-01"}), ["spec.payment.rules[0].from", "should match"]),
        (
            _rule(**{"from": "2026-02-30T00:00:00Z"}),
            ["spec.payment.rules[0].from", "date-time"],
        ),
        (
            _rule(**{"from": "2026-01-01T02:00:00+02:00", "until": "2026-01-01T00:00:00Z"}),
            ["spec.payment.rules[0].until", "not after from", "later until"],
        ),
        (_rule(rate=1.5), ["spec.payment.rules[0].rate", "less than or equal to 1"]),
        (
            {"latency": {"uniform": {"minSeconds": 2, "maxSeconds": 1}}},
            ["spec.payment.latency.uniform.maxSeconds", "raise maxSeconds"],
        ),
        ({"latency": {"capSeconds": 1}}, ["spec.payment.latency", "exactly one of fixed"]),
        (
            {"latency": {"lognormal": {"medianSeconds": 0, "sigma": 1}}},
            ["spec.payment.latency.lognormal.medianSeconds", "greater than 0"],
        ),
        (_points((50, 1), (50, 2)), ["spec.payment.latency.percentiles.points", "has to rise"]),
        (_points((90, 1), (50, 2)), ["spec.payment.latency.percentiles.points", "has to rise"]),
        (_points((50, 2), (90, 1)), ["spec.payment.latency.percentiles.points", "must not fall"]),
        ({"limits": {"retryAfterSeconds": 1}}, ["spec.payment.limits", "give one of them"]),
        (
            {"limits": {"concurrent": 1, "burst": 1}},
            ["spec.payment.limits", "burst means nothing without perSecond", "remove burst"],
        ),
        ({"duplicates": {"windowSeconds": 0}}, ["spec.payment.duplicates.windowSeconds"]),
        (
            {"rules": [{"name": f"n{n}", "accept": True} for n in range(201)]},
            ["spec.payment.rules", "at most 200 items"],
        ),
        (
            {
                "faults": [
                    {"name": f"n{n}", "fault": _BUSY, "match": {"customers": [1] * 501}}
                    for n in range(2)
                ]
            },
            ["spec.payment.faults", f"more than {MOST_CUSTOMERS} ids", "name fewer"],
        ),
        (
            {
                "rules": [
                    {"name": f"n{n}", "accept": True, "match": {"currencies": ["USD"] * 101}}
                    for n in range(2)
                ]
            },
            ["spec.payment.rules", f"more than {MOST_CURRENCIES} codes", "name fewer"],
        ),
        ({"store": {}}, ["spec.payment.store.host", "Required"]),
        ({"store": {"host": "redis:6379"}}, ["spec.payment.store.host", "store.port"]),
        ({"store": {"host": "redis://redis"}}, ["spec.payment.store.host", "store.port"]),
        ({"store": {"host": "[::1]"}}, ["spec.payment.store.host", "an IP address"]),
        ({"store": {"host": "a..b"}}, ["spec.payment.store.host", "a name or an IP address"]),
        ({"store": {"host": "a", "user": "u:p"}}, ["spec.payment.store.user", "should match"]),
        ({"store": {"host": "a", "passwordSecretRef": {}}}, ["passwordSecretRef.name"]),
        (
            {"store": {"host": "a", "failurePolicy": "wait"}},
            ["spec.payment.store.failurePolicy", '"Local"'],
        ),
    ],
    ids=as_written,
)
def test_a_mistake_is_refused_by_field_and_remedy(
    api: ApiServer, payment: dict[str, Any], words: list[str]
) -> None:
    said = api.would_refuse(BILLING_STACK, a_stack("shop", _NAMESPACE, {"payment": payment}))

    assert said is not None
    assert [word for word in words if word not in said] == [], said


@pytest.mark.parametrize(
    "payment",
    [
        a_full_document(),
        {"seed": 2**63 - 1, **_rule(match={"customers": [2**63 - 1, 1]})},
        _rule(until="2001-01-01T00:00:00.123456-23:59"),
        {"rules": [], "faults": [], "idempotency": {}, "duplicates": {}},
        _points((0, 0), (50, 0.5), (100, 0.5)),
        {"store": {"host": "redis.data.svc"}},
        {"store": {"host": "2001:db8::1", "port": 7000, "passwordSecretRef": {"name": "redis"}}},
    ],
    ids=as_written,
)
def test_what_payment_can_do_is_taken(api: ApiServer, payment: dict[str, Any]) -> None:
    stored = api.would_store(BILLING_STACK, a_stack("shop", _NAMESPACE, {"payment": payment}))

    assert stored is not None
    profile_of = {name: of for name, of in payment.items() if name != "store"}
    meant = json.dumps({"successRate": 0.5} | profile_of).encode()
    read = profile.document(Stack.from_body(stored)).encode()
    assert Profile.from_json(read) == Profile.from_json(meant)


@settings(patient, max_examples=75)
@given(document=documents() | good_documents)
def test_nothing_that_is_taken_would_be_refused_by_payment(
    api: ApiServer, document: dict[str, Any]
) -> None:
    raw = json.dumps(document).encode()
    stored = api.would_store(BILLING_STACK, a_stack("shop", _NAMESPACE, {"payment": document}))

    if stored is None:
        assert mistakes_of(raw)
        return
    read = profile.document(Stack.from_body(stored)).encode()
    assert mistakes_of(read) == ()
    if not mistakes_of(raw):
        assert Profile.from_json(read) == Profile.from_json(raw)
