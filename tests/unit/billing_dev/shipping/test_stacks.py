"""Which stack is meant, and what stands in the way of removing them all."""

from typing import Any

import pytest

from billing_dev.clients.kube import Manifest
from billing_dev.cluster.errors import ClusterError
from billing_dev.shipping.context import Context
from billing_dev.shipping.stacks import CRD, chosen, place, stacks
from billing_dev.shipping.undeploy import refusal, undeploy
from unit.billing_dev.shipping.fake_kubectl import FakeKubectl


def a_stack(namespace: str, name: str) -> Manifest:
    return {"metadata": {"namespace": namespace, "name": name}}


THERE = [a_stack("payments", "demo"), a_stack("shop", "demo")]
NOBODY_KNOWS_THE_KIND = FakeKubectl()


@pytest.fixture
def context() -> Context:
    answers: dict[str, Any] = {f"get crd {CRD}": {"kind": "CRD"}, f"get {CRD} -A": {"items": THERE}}
    for stack in THERE:
        answers[f"get {CRD} demo -n {stack['metadata']['namespace']} "] = stack
    return Context("staging", "https://staging.test", "shop", FakeKubectl(answers))


@pytest.mark.parametrize(
    ("environment", "meant"),
    [
        ({"STACK": "payments/demo"}, "payments/demo"),
        ({"STACK": "payments/demo", "NAMESPACE": "shop"}, "payments/demo"),
        ({"STACK": "demo", "NAMESPACE": "payments"}, "payments/demo"),
        ({"STACK": "demo"}, "shop/demo"),
    ],
    ids=["both in one", "one in full wins", "apart", "in the namespace of kubectl"],
)
def test_a_stack_is_named_in_these_ways(
    context: Context, environment: dict[str, str], meant: str
) -> None:
    assert place(chosen(environment, context)) == meant


@pytest.mark.parametrize(
    ("environment", "why"),
    [({}, r"Which stack\? STACK=namespace/name"), ({"STACK": "a/b"}, "There is no stack a/b")],
    ids=["none", "another"],
)
def test_where_none_is_meant_those_that_are_there_are_named(
    context: Context, environment: dict[str, str], why: str
) -> None:
    with pytest.raises(ClusterError, match=f"{why}(.|\n)*  payments/demo\n  shop/demo"):
        chosen(environment, context)


def test_whoever_may_not_see_all_stacks_is_told_all_the_same(context: Context) -> None:
    assert isinstance(context.kube, FakeKubectl)
    context.kube.forbidden = ("get crd",)

    assert place(chosen({"STACK": "demo"}, context)) == "shop/demo"
    with pytest.raises(ClusterError, match=r"^There is no stack shop/other\.$"):
        chosen({"STACK": "other"}, context)


def test_a_cluster_that_does_not_know_the_kind_has_none() -> None:
    assert stacks(NOBODY_KNOWS_THE_KIND) == []


def test_a_refusal_names_the_stacks_and_the_way_to_delete_them() -> None:
    words = refusal(THERE)

    assert words.startswith("There are stacks.")
    assert "  payments/demo\n  shop/demo\n" in words
    assert words.endswith("make undeploy STACKS=delete")


def test_a_misspelt_consent_is_none() -> None:
    with pytest.raises(ClusterError, match="STACKS=yes: STACKS=delete, or nothing"):
        undeploy({"STACKS": "yes"})
