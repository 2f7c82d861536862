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
