"""What becomes of a user's choices in Kubernetes' own words, and what is stronger than they are."""

from typing import Any

import pytest

from billing_operator.desired import antaeus, payment
from billing_operator.kinds import Manifest
from support.operator.builders import a_stack, a_token, an_installation


def pod_of(part: str, **spec: Any) -> Manifest:
    if part == "antaeus":
        return antaeus.template(a_stack(antaeus=spec), a_token(), an_installation())
    stack = a_stack(payment=spec)
    made: Manifest = payment.deployment(stack, a_token(), an_installation())["spec"]["template"]
    return made


@pytest.mark.parametrize("part", ["antaeus", "payment"])
def test_what_the_operator_says_of_a_pod_is_stronger_than_what_a_user_does(part: str) -> None:
    plain = pod_of(part)["metadata"]["labels"]
    theirs = dict.fromkeys(plain, "theirs") | {"team": "billing"}

    assert pod_of(part, podLabels=theirs)["metadata"]["labels"] == plain | {"team": "billing"}


def test_antaeus_own_annotations_are_stronger_than_a_users() -> None:
    theirs = {"billing.antaeus.io/token-id": "theirs", "note": "one"}
    found = pod_of("antaeus", podAnnotations=theirs)["metadata"]["annotations"]

    assert (found["billing.antaeus.io/token-id"], found["note"]) == ("first", "one")


@pytest.mark.parametrize("part", ["antaeus", "payment"])
def test_pods_are_spread_among_those_of_the_same_service_unless_others_are_named(part: str) -> None:
    rule = {"topologyKey": "zone", "maxSkew": 1, "whenUnsatisfiable": "ScheduleAnyway"}
    everybody: Manifest = {"labelSelector": {}}
    made = pod_of(part, topologySpreadConstraints=[rule, rule | everybody])["spec"]
    mine, all_pods = made["topologySpreadConstraints"]

    assert mine["labelSelector"]["matchLabels"] == {
        "billing.antaeus.io/part": part,
        "billing.antaeus.io/stack": "shop",
    }
    assert all_pods == rule | everybody


def test_a_folder_of_its_own_is_mounted_where_it_was_asked_for() -> None:
    spec = pod_of("antaeus", tmp={"sizeLimit": "1Gi"})["spec"]
    (container,) = spec["containers"]

    assert spec["volumes"] == [{"name": "tmp", "emptyDir": {"sizeLimit": "1Gi"}}]
    assert container["volumeMounts"] == [{"name": "tmp", "mountPath": "/tmp"}]
    assert "volumes" not in pod_of("antaeus")["spec"]


@pytest.mark.parametrize("name", ["nodeSelector", "tolerations", "podLabels", "securityContext"])
def test_a_choice_that_says_nothing_starts_no_antaeus_anew(name: str) -> None:
    plain = antaeus.template_origin(a_stack(), a_token())
    nothing: object = [] if name == "tolerations" else {}

    assert antaeus.template_origin(a_stack(antaeus={name: nothing}), a_token()) == plain
