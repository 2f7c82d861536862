"""An Antaeus that keeps its invoices: its volume, and what is done otherwise because of it."""

from typing import Any

import pytest

from billing_operator.children.antaeus_template import template_to_run
from billing_operator.children.drift import drift
from billing_operator.desired import antaeus
from billing_operator.kinds import Manifest
from billing_operator.names import MANAGER
from billing_operator.observed.stack import observe
from billing_operator.spec.stack import Stack
from support.operator.applied import applied
from support.operator.builders import a_pod, a_stack, a_token, an_installation, an_object, owned
from support.operator.in_memory import OperatorInMemory, ready

CLAIM = "PersistentVolumeClaim"
NEW_DEFAULT = an_installation(antaeus_image="example.test/antaeus:2")


def persistent(mount_path: str = "/data", **template: Any) -> Manifest:
    """spec.antaeus with a volume of the operator's making."""
    made = {"mountPath": mount_path, "template": {"size": "1Gi", **template}}
    return {"persistence": made}


def of_user(claim: str = "mine") -> Manifest:
    return {"persistence": {"mountPath": "/data", "existingClaim": claim}}


def pod_of(spec: Manifest) -> Manifest:
    made = antaeus.template(a_stack(antaeus=spec), a_token(), an_installation())
    found: Manifest = made["spec"]
    return found


@pytest.mark.parametrize(
    ("spec", "claim"),
    [(persistent(), "shop-antaeus"), (of_user(), "mine")],
    ids=["made by the operator", "made by the user"],
)
def test_the_volume_is_mounted_where_the_image_has_its_database(spec: Manifest, claim: str) -> None:
    pod = pod_of(spec | {"tmp": {}})

    assert pod["volumes"][1] == {"name": "database", "persistentVolumeClaim": {"claimName": claim}}
    mounts = pod["containers"][0]["volumeMounts"]
    assert [each["mountPath"] for each in mounts] == ["/tmp", "/data"]


def test_a_claim_of_the_operators_outlives_the_stack_unless_it_is_told_otherwise() -> None:
    [retained] = antaeus.claims(a_stack(antaeus=persistent()))
    [deleted] = antaeus.claims(a_stack(antaeus=persistent(whenDeleted="Delete")))

    assert "ownerReferences" not in retained["metadata"]
    assert deleted["metadata"]["ownerReferences"][0]["uid"] == "stack-uid"
    assert retained["spec"] == {
        "accessModes": ["ReadWriteOnce"],
        "resources": {"requests": {"storage": "1Gi"}},
    }


def test_a_claim_is_what_the_template_says() -> None:
    template: Manifest = {"storageClassName": "fast", "accessModes": ["ReadWriteMany"]}
    [made] = antaeus.claims(a_stack(antaeus=persistent(**template)))

    assert made["spec"] == {
        "storageClassName": "fast",
        "accessModes": ["ReadWriteMany"],
        "resources": {"requests": {"storage": "1Gi"}},
    }


def test_no_claim_is_made_where_there_is_one_or_none_is_asked_for() -> None:
    assert antaeus.claims(a_stack()) == antaeus.claims(a_stack(antaeus=of_user())) == ()


def test_what_the_server_fills_in_of_a_claim_is_no_change_of_it() -> None:
    [made] = antaeus.claims(a_stack(antaeus=persistent(size="1024Mi")))
    live = applied(made)
    live["spec"] |= {"storageClassName": "standard", "volumeName": "pvc-1"}
    live["spec"]["resources"]["requests"]["storage"] = "1Gi"

    assert drift(made, live, MANAGER) is None


def origin(spec: Manifest) -> str:
    return antaeus.template_origin(a_stack(antaeus=spec), a_token())


def test_a_larger_volume_restarts_no_antaeus_and_another_one_does() -> None:
    assert origin(persistent()) == origin(persistent(size="2Gi", whenDeleted="Delete"))
    assert len({origin({}), origin(persistent()), origin(of_user()), origin(persistent("/a"))}) == 4


def to_run(stack: Stack) -> tuple[str, str | None]:
    """By which image Antaeus is to run where the default has changed, and what waits."""
    template = antaeus.template(stack, a_token(), an_installation())
    seen = observe([applied(antaeus.deployment(stack, template))], [a_pod("antaeus")])
    found = template_to_run(stack, seen, a_token(), NEW_DEFAULT)
    return found.template["spec"]["containers"][0]["image"], found.pending_update


def test_another_default_image_does_not_wait_where_a_restart_forgets_nothing() -> None:
    assert to_run(a_stack(antaeus=persistent())) == ("example.test/antaeus:2", None)
    assert to_run(a_stack())[0] == "example.test/antaeus:1"


async def test_a_stack_with_a_volume_is_ready_and_at_rest() -> None:
    operator = await ready(antaeus=persistent())
    await operator.reconcile()

    assert operator.cluster.writes == []
    assert operator.cluster.must_get(CLAIM, "shop-antaeus")


async def test_a_claim_stays_where_the_stack_wants_none_any_more() -> None:
    operator = await ready(antaeus=persistent())
    operator.change(antaeus={})
    await operator.reconcile()

    assert ("delete", CLAIM) not in operator.cluster.calls
    assert operator.cluster.must_get(CLAIM, "shop-antaeus")


async def test_the_claim_of_an_earlier_stack_of_this_name_is_used_again() -> None:
    first = await ready(antaeus=persistent())
    kept = first.cluster.must_get(CLAIM, "shop-antaeus")
    operator = OperatorInMemory(antaeus=persistent())
    operator.cluster.have(kept)
    await operator.bring_up()

    assert operator.condition("Ready") == ("True", "AllReady")
    assert (
        operator.cluster.must_get(CLAIM, "shop-antaeus")["metadata"]["uid"]
        == (kept["metadata"]["uid"])
    )


@pytest.mark.parametrize(
    ("claim", "said"),
    [
        (an_object(CLAIM, "shop-antaeus"), "NameConflict"),
        (
            an_object(CLAIM, "shop-antaeus", ownerReferences=owned("earlier")),
            "PreviousStackTerminating",
        ),
    ],
    ids=["somebody else's", "an earlier stack's that goes with it"],
)
async def test_a_claim_that_is_not_the_stacks_is_not_touched(claim: Manifest, said: str) -> None:
    for owner in claim["metadata"].get("ownerReferences", ()):
        owner |= {"kind": "BillingStack", "name": "shop"}
    operator = OperatorInMemory(antaeus=persistent())
    operator.cluster.have(claim)
    await operator.reconcile()
    await operator.reconcile()

    assert operator.condition("Ready") == ("False", said)
    live = operator.cluster.must_get(CLAIM, "shop-antaeus")
    assert live["metadata"]["uid"] == claim["metadata"]["uid"]
    assert "spec" not in live


async def test_nothing_is_told_of_payments_that_a_restart_would_forget() -> None:
    operator = await ready(antaeus=persistent())
    operator.change(suspend=True, antaeus=persistent() | {"image": "example.test/own:1"})
    await operator.reconcile()

    [told] = [c["message"] for c in operator.status["conditions"] if c["type"] == "Ready"]
    assert "spec.suspend keeps" in told
    assert "forgets" not in told
