"""What keeps enough payment pods there while nodes are drained."""

from billing_operator.desired import workload
from billing_operator.kinds import Manifest
from billing_operator.names import PAYMENT, selector
from billing_operator.spec import Stack


def disruption_budgets(stack: Stack) -> tuple[Manifest, ...]:
    """Payment's budget for evictions; none where a single pod would be all that it guards."""
    most = stack.payment.most_unavailable
    if most is None or stack.payment.container.replicas < 2:
        return ()
    budget = {
        "apiVersion": "policy/v1",
        "kind": "PodDisruptionBudget",
        "metadata": workload.part_metadata(stack, PAYMENT),
        "spec": {
            # Not the fewest that must stay: once no more are there, a drain would wait for ever.
            "maxUnavailable": most,
            # Nor may it wait for a pod that never gets ready.
            "unhealthyPodEvictionPolicy": "AlwaysAllow",
            "selector": {"matchLabels": selector(stack.name, PAYMENT)},
        },
    }
    return (budget,)
