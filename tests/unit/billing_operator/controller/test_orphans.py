"""What a spec does not want any more, and what becomes of the rest where it can't be removed."""

from billing_operator.errors import ClusterError
from billing_operator.reasons import Reason
from support.operator.in_memory import ready


async def test_an_orphan_that_cannot_be_removed_ends_nothing_else() -> None:
    operator = await ready()
    operator.change(networkPolicy={"enabled": False}, payment={"successRate": 0.9})
    operator.cluster.faults["delete", "NetworkPolicy"] = ClusterError(
        Reason.FORBIDDEN, "may not", status=403
    )
    await operator.reconcile()

    assert operator.condition("Ready") == ("False", "Forbidden")
    assert ("annotate", "Pod") in operator.cluster.calls


async def test_one_that_a_finalizer_keeps_is_deleted_once() -> None:
    operator = await ready(antaeus={"ingress": {"enabled": True}})
    operator.cluster.keep_deleted("Ingress", "shop-antaeus")
    operator.change(antaeus={})
    await operator.reconcile()
    assert ("delete", "Ingress") in operator.cluster.writes

    for _ in range(2):
        await operator.reconcile()
        assert operator.cluster.writes == []
