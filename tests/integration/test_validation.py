"""Mistakes in a spec are refused at apply time, in words that name the field and the remedy."""

from typing import Any

import pytest

from billing_dev.clients.api_server import ApiServer
from billing_dev.clients.kube import Kube, KubectlError
from billing_operator.kinds import BILLING_STACK
from case_names import as_written
from integration.wrong_choices import WRONG_CHOICES
from support.cluster.workspace import a_stack

# The schema comes with the operator; nothing is made here, so that any namespace will do.
pytestmark = pytest.mark.usefixtures("installed")

_NAMESPACE = "default"
_VALUE_FROM = {"secretKeyRef": {"name": "a", "key": "b"}}


def _env(**variable: Any) -> list[dict[str, Any]]:
    return [{"name": "REGION", **variable}]


@pytest.mark.parametrize(
    ("part", "value", "words"),
    [
        ("payment", {"successRate": "0.5"}, ["spec.payment.successRate", "must be of type number"]),
        ("payment", {"successRate": 1.5}, ["spec.payment.successRate", "less than or equal to 1"]),
        ("payment", {"successRate": -0.1}, ["spec.payment.successRate", "than or equal to 0"]),
        ("payment", {"succesRate": 0.5}, ["unknown field", "spec.payment.succesRate"]),
        ("payment", {"replicas": -1}, ["spec.payment.replicas", "greater than or equal to 0"]),
        ("payment", {"replicas": 101}, ["spec.payment.replicas", "less than or equal to 100"]),
        ("payment", {"seed": 0.5}, ["spec.payment.seed", "must be of type integer"]),
        ("payment", {"image": "two words"}, ["spec.payment.image", "should match"]),
        ("payment", {"imagePullPolicy": "Sometimes"}, ["imagePullPolicy", '"IfNotPresent"']),
        ("payment", {"requireToken": "no"}, ["spec.payment.requireToken", "type boolean"]),
        (
            "payment",
            {"env": [{"name": "PAYMENT_DRAIN_SECONDS", "value": "0"}]},
            ["payment.env", "PAYMENT_ are the operator's", "use the fields of spec.payment"],
        ),
        (
            "payment",
            {"env": _env(value="north", valueFrom=_VALUE_FROM)},
            ["spec.payment.env[0]", "value or valueFrom, not both", "remove one"],
        ),
        ("payment", {"env": _env(valueFrom={})}, ["valueFrom", "give one of secretKeyRef"]),
        ("payment", {"env": _env() + _env()}, ["spec.payment.env[1]", "Duplicate value"]),
        (
            "payment",
            {"resources": {"limits": {"memory": "much"}}},
            ["spec.payment.resources.limits.memory", "should match"],
        ),
        ("antaeus", {"replicas": 2}, ["spec.antaeus.replicas", "less than or equal to 1"]),
        ("antaeus", {"startupSeconds": 1}, ["spec.antaeus.startupSeconds", "equal to 10"]),
        (
            "antaeus",
            {"service": {"nodePort": 30018}},
            ["antaeus.service.nodePort", "set the type, or remove nodePort"],
        ),
        (
            "antaeus",
            {"env": [{"name": "PAYMENTS_API_TOKEN", "value": "mine"}]},
            ["antaeus.env", "remove them", "token.secretRef"],
        ),
        ("token", {"secretRef": {"key": "token"}}, ["spec.token.secretRef.name", "Required"]),
        (
            "token",
            {"secretRef": {"name": "mine"}, "rotation": {"maxAgeSeconds": 60}},
            ["token.rotation.maxAgeSeconds", "rotated where it comes from", "remove"],
        ),
        ("token", {"rotation": {"maxAgeSeconds": 59}}, ["maxAgeSeconds", "equal to 60"]),
        (
            "token",
            {"secretRef": {"name": "shop-token"}},
            ["token.secretRef.name", "the operator's own", "give yours another name"],
        ),
        (
            "payment",
            {"podDisruptionBudget": {"maxUnavailable": 0}},
            ["spec.payment.podDisruptionBudget.maxUnavailable", "equal to 1"],
        ),
        (
            "payment",
            {"autoscaling": {"minReplicas": 3, "maxReplicas": 2}},
            ["payment.autoscaling", "minReplicas is above maxReplicas", "raise the other"],
        ),
        ("payment", {"autoscaling": {"minReplicas": 0, "maxReplicas": 2}}, ["equal to 1"]),
        ("payment", {"autoscaling": {}}, ["spec.payment.autoscaling.maxReplicas", "Required"]),
        (
            "payment",
            {"autoscaling": {"maxReplicas": 2}, "resources": {"requests": {"memory": "64Mi"}}},
            ["payment.resources.requests.cpu", "set it, or remove autoscaling"],
        ),
        (
            "antaeus",
            {"ingress": {"enabled": True, "host": "10.0.0.1"}},
            ["antaeus.ingress.host", "give a DNS name"],
        ),
        ("antaeus", {"ingress": {"host": "Billing!"}}, ["spec.antaeus.ingress.host", "match"]),
        ("hibernate", "yes", ["spec.hibernate", "type boolean"]),
        ("networkPolicy", {"enabled": "on"}, ["spec.networkPolicy.enabled", "type boolean"]),
        *WRONG_CHOICES,
    ],
    ids=as_written,
)
def test_a_bad_value_is_refused_by_field_and_remedy(
    api: ApiServer, part: str, value: object, words: list[str]
) -> None:
    said = api.would_refuse(BILLING_STACK, a_stack("shop", _NAMESPACE, {part: value}))

    assert said is not None
    assert [word for word in words if word not in said] == [], said


@pytest.mark.parametrize("name", ["9lives", "a.b", "a" * 41])
def test_a_name_that_its_children_could_not_bear_is_refused(api: ApiServer, name: str) -> None:
    said = api.would_refuse(BILLING_STACK, a_stack(name, _NAMESPACE, {}))

    assert said is not None
    assert "metadata.name" in said
    assert "shorter or plainer name" in said


@pytest.mark.parametrize(
    "spec",
    [
        {},
        {"payment": {"successRate": 0}},
        {"payment": {"successRate": 1, "replicas": 0, "seed": 7}},
        {"antaeus": {"replicas": 0}},
        {"antaeus": {"service": {"type": "NodePort", "nodePort": 31999}}},
        {"antaeus": {"service": {"type": "LoadBalancer"}}},
        {"payment": {"env": [*_env(valueFrom=_VALUE_FROM), {"name": "EMPTY", "value": ""}]}},
        {"payment": {"resources": {"limits": {"cpu": 2, "memory": "1.5Gi"}}}},
        {"token": {"secretRef": {"name": "mine"}, "rotation": {}}},
        {"token": {"rotation": {"maxAgeSeconds": 60}}},
        {"payment": {"autoscaling": {"maxReplicas": 1}}},
        {"antaeus": {"ingress": {"enabled": True, "annotations": {"example.test/a": ""}}}},
    ],
    ids=as_written,
)
def test_a_good_spec_is_taken(api: ApiServer, spec: dict[str, Any]) -> None:
    stack = a_stack("a" * 40, _NAMESPACE, spec)

    assert api.would_refuse(BILLING_STACK, stack) is None


def test_kubectl_apply_shows_what_is_wrong(kube: Kube) -> None:
    with pytest.raises(KubectlError, match=r"spec\.payment\.successRate.*number"):
        kube.apply(a_stack("shop", _NAMESPACE, {"payment": {"successRate": "0.5"}}))
