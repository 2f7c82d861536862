"""Who may talk to whom where a user names peers: the operator always reads, Antaeus charges."""

from typing import Any

import pytest

from billing_operator.desired import isolation
from billing_operator.kinds import Manifest
from billing_operator.names import selector
from support.operator.builders import a_stack, an_installation

OPERATOR = {
    "namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "billing-system"}},
    "podSelector": {"matchLabels": {"app.kubernetes.io/name": "billing-operator"}},
}
FRIENDS = {"podSelector": {"matchLabels": {"friend": "yes"}}}
RUNS = {"podSelector": {"matchLabels": selector("shop", "billing")}}


def policy_of(part: str, **peers: Any) -> Manifest:
    made = isolation.policies(a_stack(networkPolicy=peers), an_installation())
    (found,) = (each["spec"] for each in made if each["metadata"]["name"] == f"shop-{part}")
    spec: Manifest = found
    return spec


@pytest.mark.parametrize("friends", [[], [FRIENDS]], ids=["nobody", "friends"])
def test_who_reaches_antaeus_can_be_named_and_the_operator_always_does(
    friends: list[Manifest],
) -> None:
    (rule,) = policy_of("antaeus", antaeusFrom=friends)["ingress"]

    assert rule["from"] == [OPERATOR, RUNS, *friends]
    assert [port["port"] for port in rule["ports"]] == [8000]


def test_a_run_reaches_its_antaeus_and_names_and_nobody_reaches_it() -> None:
    policy = policy_of("billing")

    assert policy["podSelector"] == RUNS["podSelector"]
    to_antaeus, names = policy["egress"]
    assert to_antaeus["to"] == [{"podSelector": {"matchLabels": selector("shop", "antaeus")}}]
    assert [port["port"] for port in to_antaeus["ports"]] == [8000]
    assert {port["port"] for port in names["ports"]} == {53}
    assert "ingress" not in policy
    assert policy["policyTypes"] == ["Ingress", "Egress"]


def test_anybody_reaches_antaeus_and_it_goes_anywhere_where_nothing_is_said() -> None:
    policy = policy_of("antaeus")

    assert ["from" in rule for rule in policy["ingress"]] == [False]
    assert policy["egress"] == [{}]


@pytest.mark.parametrize("rules", [[], [{"to": [FRIENDS]}]], ids=["nowhere", "friends"])
def test_an_antaeus_that_is_locked_in_still_charges_and_asks_for_names(
    rules: list[Manifest],
) -> None:
    charges, names, *others = policy_of("antaeus", antaeusEgress=rules)["egress"]

    payment_pods = {"billing.antaeus.io/part": "payment", "billing.antaeus.io/stack": "shop"}
    assert charges["to"] == [{"podSelector": {"matchLabels": payment_pods}}]
    assert [port["port"] for port in charges["ports"]] == [9000]
    assert [port["port"] for port in names["ports"]] == [53, 53]
    assert others == rules


def test_a_port_without_a_protocol_is_one_of_tcp_as_the_api_server_would_store_it() -> None:
    ports = [{"port": 443}, {"port": 53, "protocol": "UDP"}, {}]
    *_, own = policy_of("antaeus", antaeusEgress=[{"to": [FRIENDS], "ports": ports}])["egress"]

    assert [port["protocol"] for port in own["ports"]] == ["TCP", "UDP", "TCP"]
    assert own["to"] == [FRIENDS]


def test_who_monitors_reads_payments_metrics_and_charges_nothing() -> None:
    charging, reading = policy_of("payment", monitoringFrom=[FRIENDS])["ingress"]

    assert FRIENDS not in charging["from"]
    assert reading["from"] == [OPERATOR, FRIENDS]
    assert [port["port"] for port in reading["ports"]] == [9001]
