"""The fewest changes from what is to what should be, and what is never changed in passing."""

from typing import Any

import pytest

from billing_operator.children.plan import Plan, decide
from billing_operator.desired import antaeus, desired
from billing_operator.inputs import Installation
from billing_operator.kinds import CHILDREN, DISPENSABLE, OPTIONAL, Manifest, Ref
from billing_operator.observed.stack import Observed, observe
from billing_operator.spec.stack import Stack
from support.operator.applied import applied
from support.operator.builders import a_pod, a_stack, a_token, an_installation, an_object

ANTAEUS = Ref("Deployment", "shop-antaeus")
NEW_DEFAULT = an_installation(antaeus_image="example.test/antaeus:2")
RUNNING = (a_pod("antaeus"),)


def manifests(stack: Stack, installation: Installation) -> list[Manifest]:
    template = antaeus.template(stack, a_token(), installation)
    groups = desired(stack, a_token(), installation, antaeus_template=template)
    return [manifest for group in groups for manifest in group]


def as_applied(
    stack: Stack, *, pods: tuple[Manifest, ...] = (), without: tuple[Ref, ...] = (), **plus: Any
) -> Observed:
    """What is seen of a stack after it was applied."""
    live = [applied(each) | plus for each in manifests(stack, an_installation())]
    seen = observe(live, pods)
    return Observed({k: v for k, v in seen.children.items() if k not in without}, seen.pods)


def plan(stack: Stack, seen: Observed, installation: Installation | None = None) -> Plan:
    return decide(stack, seen, a_token(), installation or an_installation())


def image_of_antaeus(found: Plan) -> str:
    (change,) = (
        each for each in found.changes if each.manifest["metadata"]["name"] == ANTAEUS.name
    )
    image: str = change.manifest["spec"]["template"]["spec"]["containers"][0]["image"]
    return image


def test_a_stack_at_rest_needs_nothing() -> None:
    found = plan(a_stack(), as_applied(a_stack()))

    assert (found.changes, found.orphans, found.writes, found.pending_update) == (
        (),
        (),
        False,
        None,
    )


def test_a_new_stack_needs_everything_pods_last() -> None:
    first, pods, last = plan(a_stack(), observe([], [])).groups

    assert (len(first), len(pods), len(last)) == (10, 2, 1)
    assert {change.why for change in (*first, *pods)} == {"missing"}
    assert {change.manifest["kind"] for change in pods} == {"Deployment"}


def test_only_what_is_missing_is_made() -> None:
    gone = Ref("Service", "shop-payment")

    assert plan(a_stack(), as_applied(a_stack(), without=(gone,))).names == {gone}


def test_only_what_differs_is_changed_and_why_is_said() -> None:
    (change,) = plan(a_stack(payment={"replicas": 0}), as_applied(a_stack())).changes

    assert change.manifest["metadata"]["name"] == "shop-payment"
    assert change.why == ".spec.replicas"


def test_what_the_spec_does_not_want_any_more_is_a_stray() -> None:
    found = plan(a_stack(networkPolicy={"enabled": False}), as_applied(a_stack()))

    assert {orphan["kind"] for orphan in found.orphans} == {"NetworkPolicy"}
    assert len(found.orphans) == 4
    assert found.writes
    assert found.changes == ()


@pytest.mark.parametrize(
    ("kind", "removed"),
    [
        *((kind.name, True) for kind in (*CHILDREN, *OPTIONAL) if kind.name in DISPENSABLE),
        *((kind.name, False) for kind in CHILDREN if kind.name not in DISPENSABLE),
    ],
)
def test_only_what_a_spec_can_stop_wanting_is_removed(kind: str, *, removed: bool) -> None:
    """A copy of a ConfigMap that somebody made, labels and owner and all, is none of it."""
    copy = an_object(kind, "shop-copy")
    seen = as_applied(a_stack())
    seen = Observed({**seen.children, Ref(kind, "shop-copy"): copy}, ())

    assert plan(a_stack(), seen).orphans == ((copy,) if removed else ())


def test_another_default_image_waits_while_antaeus_runs() -> None:
    found = plan(a_stack(), as_applied(a_stack(), pods=RUNNING), NEW_DEFAULT)

    assert not found.writes
    assert found.pending_update == "image example.test/antaeus:2"


def test_another_default_image_is_taken_where_no_antaeus_runs() -> None:
    found = plan(a_stack(), as_applied(a_stack()), NEW_DEFAULT)

    assert image_of_antaeus(found) == "example.test/antaeus:2"
    assert found.pending_update is None


def test_another_default_image_of_payment_goes_out_at_once() -> None:
    seen = as_applied(a_stack(), pods=RUNNING)
    found = plan(a_stack(), seen, an_installation(payment_image="example.test/payment:2"))

    assert found.names == {Ref("Deployment", "shop-payment")}


def test_another_version_of_the_operator_is_no_reason_to_write() -> None:
    assert not plan(a_stack(), as_applied(a_stack()), an_installation(version="2")).writes


def test_somebodys_change_of_a_running_antaeus_is_undone_to_what_was_applied() -> None:
    seen = as_applied(a_stack(), pods=RUNNING)
    live = seen.children[ANTAEUS]
    live["spec"]["template"]["spec"]["containers"][0]["image"] = "theirs"
    (entry,) = live["metadata"]["managedFields"]
    (ours,) = entry["fieldsV1"]["f:spec"]["f:template"]["f:spec"]["f:containers"].values()
    del ours["f:image"]

    assert image_of_antaeus(plan(a_stack(), seen, NEW_DEFAULT)) == "example.test/antaeus:1"


@pytest.mark.parametrize(
    "choice",
    [
        pytest.param({"image": "example.test/own:1"}, id="another image"),
        pytest.param({"startupSeconds": 60}, id="another time to start in"),
    ],
)
def test_what_a_user_chooses_goes_through_at_once(choice: Manifest) -> None:
    found = plan(a_stack(antaeus=choice), as_applied(a_stack(), pods=RUNNING), NEW_DEFAULT)

    assert found.names == {ANTAEUS}
    assert image_of_antaeus(found) == choice.get("image", "example.test/antaeus:2")
    assert found.pending_update is None


def test_scaling_antaeus_changes_no_template_that_is_held_back() -> None:
    stopped = a_stack(antaeus={"replicas": 0})
    found = plan(stopped, as_applied(a_stack(), pods=RUNNING), NEW_DEFAULT)

    assert [change.why for change in found.changes] == [".spec.replicas"]
    assert image_of_antaeus(found) == "example.test/antaeus:1"
