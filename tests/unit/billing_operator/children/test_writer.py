"""A child is written where it is the stack's own, whatever comes between a look and a write."""

import pytest

from billing_operator.children.plan import Change
from billing_operator.desired import payment
from billing_operator.errors import ClusterError, Conflict, Refused, SpecError
from billing_operator.kinds import Manifest, ref
from billing_operator.reasons import Reason
from support.operator.builders import a_token, an_installation, an_object
from support.operator.in_memory import STATUS, OperatorInMemory, ready

REFUSED = Refused("may not be specified beside it")
RIVAL: Manifest = {"f:spec": {"f:strategy": {"f:rollingUpdate": {}}}}


def theirs(kind: str, name: str, **fields: object) -> Manifest:
    """Somebody else's object, in which they set a field that excludes one of ours."""
    entry = {"manager": "kubectl", "operation": "Update", "fieldsV1": RIVAL}
    return an_object(kind, name, uid="somebody else's", managedFields=[entry]) | fields


async def write(operator: OperatorInMemory, manifest: Manifest, *, meanwhile: Manifest) -> None:
    """Writes a child by what was last known of it."""
    known = operator.cluster.must_get(*ref(manifest))
    operator.cluster.take(*ref(manifest))
    operator.cluster.have(meanwhile)
    await operator.dependencies.writer.write(
        operator.stack, [Change(manifest, "why")], {ref(manifest): known}
    )


async def test_an_object_that_has_taken_the_name_of_a_child_meanwhile_is_not_touched() -> None:
    operator = await ready()
    with pytest.raises(Conflict):
        await write(
            operator, payment.service(operator.stack), meanwhile=theirs("Service", "shop-payment")
        )

    now = operator.cluster.must_get("Service", "shop-payment")
    assert now["metadata"]["uid"] == "somebody else's"
    assert "spec" not in now


async def test_no_field_of_such_an_object_is_claimed_either() -> None:
    operator = await ready()
    operator.cluster.faults["apply", "Deployment"] = REFUSED
    manifest = payment.deployment(operator.stack, a_token(), an_installation())
    manifest["spec"]["strategy"] = {"type": "Recreate"}
    foreign = theirs("Deployment", "shop-payment", spec={"strategy": {"type": "RollingUpdate"}})
    with pytest.raises(SpecError, match="not touched"):
        await write(operator, manifest, meanwhile=foreign)

    assert ("hand over", "Deployment") not in operator.cluster.writes


async def test_where_a_field_can_not_be_claimed_the_first_refusal_is_told() -> None:
    operator = await ready()
    live = operator.cluster.must_get("Deployment", "shop-antaeus")
    live["spec"]["strategy"] = {"type": "RollingUpdate"}
    live["metadata"]["managedFields"].append({"manager": "kubectl", "fieldsV1": RIVAL})
    operator.cluster.have(live)
    operator.cluster.faults["apply", "Deployment"] = REFUSED
    operator.cluster.faults["hand over", "Deployment"] = ClusterError(
        Reason.FORBIDDEN, "no", status=403
    )
    await operator.reconcile()

    assert ("hand over", "Deployment") in operator.cluster.writes
    assert operator.condition("Stalled") == ("True", "ApplyRejected")


async def test_what_was_removed_is_not_removed_again_though_no_watch_has_told_of_it() -> None:
    operator = await ready()
    operator.change(networkPolicy={"enabled": False})
    await operator.reconcile()
    assert ("delete", "NetworkPolicy") in operator.cluster.writes
    await operator.reconcile(with_stale_cache=True)

    assert set(operator.cluster.writes) <= {STATUS}


async def test_what_a_stack_that_has_gone_was_refused_is_forgotten() -> None:
    operator = await ready()
    operator.change(payment={"replicas": 3})
    operator.cluster.faults["apply", "Deployment"] = REFUSED
    await operator.reconcile()
    await operator.reconcile()
    assert operator.cluster.writes == []

    operator.dependencies.memories.drop("stack-uid")
    await operator.reconcile()
    assert ("apply", "Deployment") in operator.cluster.writes
