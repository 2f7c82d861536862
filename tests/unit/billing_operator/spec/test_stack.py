"""A stack as the operator reasons about it; its defaults are compared with the schema's."""

import dataclasses
from typing import Any

import pytest

from billing_operator.kinds import Key, Manifest
from billing_operator.spec.antaeus import Ingress
from billing_operator.spec.network import Peers
from billing_operator.spec.payment import Autoscaling, Store
from billing_operator.spec.pods import PodChoices
from billing_operator.spec.stack import SecretRef, Stack
from support.operator.builders import a_body, a_stack


def test_an_empty_spec_is_a_complete_stack() -> None:
    stack = a_stack()

    assert (stack.key, stack.uid, stack.generation) == (Key("payments", "shop"), "stack-uid", 1)
    assert (stack.antaeus.container.replicas, stack.payment.container.replicas) == (1, 1)
    assert (stack.payment.success_rate, stack.payment.seed) == (0.5, None)
    assert (stack.suspend, stack.isolated, stack.secret_ref) == (False, True, None)
    assert (stack.antaeus.pod, stack.payment.pod) == (PodChoices(), PodChoices())
    assert stack.peers == Peers(antaeus_from=None, monitoring_from=[], antaeus_egress=None)


@pytest.mark.parametrize("missing", ["spec", "status"])
def test_what_is_not_stored_reads_as_empty(missing: str) -> None:
    body = a_body()
    del body[missing]
    del body["metadata"]["annotations"]

    assert Stack.from_body(body) == a_stack()


def test_a_status_that_the_schema_has_filled_in_is_none() -> None:
    assert Stack.from_body(a_body(status={"observedGeneration": -1})).status == {}
    assert Stack.from_body(a_body(status={"observedGeneration": 1})).status != {}


@pytest.fixture
def container() -> dict[str, object]:
    """What either service says of its container, nothing left out."""
    return {
        "image": "own:1",
        "imagePullPolicy": "Always",
        "replicas": 0,
        "resources": {"limits": {"cpu": "1"}},
        "env": [{"name": "A", "value": "b"}],
    }


def test_every_field_is_read(container: dict[str, object]) -> None:
    stack = a_stack(
        suspend=True,
        hibernate=True,
        antaeus={
            **container,
            "startupSeconds": 60,
            "service": {"type": "NodePort", "nodePort": 30008},
            "ingress": {"enabled": True, "className": "c", "tlsSecretName": "t"},
        },
        payment={
            **container,
            "successRate": 0,
            "seed": 0,
            "requireToken": False,
            "podDisruptionBudget": {"maxUnavailable": 2},
            "autoscaling": {"minReplicas": 2, "maxReplicas": 5},
        },
        token={"secretRef": {"name": "provider"}},
        networkPolicy={"enabled": False},
        monitoring={"enabled": True, "labels": {"release": "own"}},
        annotations={"billing.antaeus.io/renew-token": "1"},
    )

    for part in (stack.antaeus.container, stack.payment.container):
        assert (part.image, part.pull_policy, part.replicas) == ("own:1", "Always", 0)
        assert part.resources == {"limits": {"cpu": "1"}}
        assert part.env == ({"name": "A", "value": "b"},)
    assert stack.antaeus.startup_seconds == 60
    assert stack.antaeus.ingress == Ingress("antaeus.local", "c", "t", {})
    assert (stack.antaeus.service_type, stack.antaeus.node_port) == ("NodePort", 30008)
    assert (stack.payment.success_rate, stack.payment.seed) == (0, 0)
    assert stack.payment.require_token is False
    assert stack.payment.most_unavailable == 2
    assert stack.payment.autoscaling == Autoscaling(least=2, most=5, target_cpu=80)
    assert (stack.suspend, stack.isolated) == (True, False)
    assert stack.hibernate is True
    assert stack.monitoring == {"release": "own"}
    assert stack.secret_ref == SecretRef("provider", "token")
    assert stack.renew_token == "1"


def test_every_choice_in_kubernetes_words_is_read() -> None:
    both: Manifest = {
        "podLabels": {"team": "billing"},
        "podAnnotations": {"note": "one"},
        "nodeSelector": {"zone": "a"},
        "tolerations": [],
    }
    of_antaeus: Manifest = {
        "podSecurityContext": {"runAsUser": 1},
        "securityContext": {"runAsUser": 2},
        "tmp": {"medium": "Memory"},
    }
    stack = a_stack(antaeus=both | of_antaeus, payment=both)

    for chosen in (stack.antaeus.pod, stack.payment.pod):
        assert (chosen.labels, chosen.annotations) == ({"team": "billing"}, {"note": "one"})
    there = {"nodeSelector": {"zone": "a"}}
    assert stack.payment.pod.spec == there
    assert stack.antaeus.pod.spec == there | {"securityContext": {"runAsUser": 1}}
    assert stack.antaeus.pod.security == {"runAsUser": 2}
    assert stack.antaeus.pod.tmp == {"sizeLimit": "256Mi", "medium": "Memory"}


def test_every_peer_is_read() -> None:
    peer: Manifest = {"podSelector": {}}
    given: Manifest = {
        "antaeusFrom": [],
        "monitoringFrom": [peer],
        "antaeusEgress": [{"to": [peer]}],
    }

    assert a_stack(networkPolicy=given).peers == Peers([], [peer], [{"to": [peer]}])


def test_what_payment_is_told_of_behaviour_and_store_is_read() -> None:
    where: dict[str, Any] = {
        "host": "redis",
        "port": 7000,
        "database": 1,
        "tls": True,
        "user": "billing",
    }
    rest = {"prefix": "own", "failurePolicy": "Local"}
    secret = {"passwordSecretRef": {"name": "redis", "key": "pass"}}
    stack = a_stack(payment={"declineReason": "Expired", "store": where | rest | secret})

    assert stack.payment.profile == {"declineReason": "Expired"}
    assert stack.payment.store == Store(
        **where, secret="redis", key="pass", prefix="own", failure_policy="Local"
    )
    assert (a_stack().payment.profile, a_stack().payment.store) == ({}, None)


def test_a_request_is_read_no_longer_than_status_can_remember_it() -> None:
    stack = a_stack(annotations={"billing.antaeus.io/renew-token": "x" * 300})

    assert stack.renew_token == "x" * 256


def test_a_stack_that_hibernates_wants_no_pods() -> None:
    awake, asleep = (a_stack(hibernate=of, payment={"replicas": 3}) for of in (False, True))

    assert [awake.wanted_pods(part) for part in ("antaeus", "payment")] == [1, 3]
    assert [asleep.wanted_pods(part) for part in ("antaeus", "payment")] == [0, 0]


def test_a_stack_can_not_be_changed() -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        a_stack().suspend = True  # type: ignore[misc]
