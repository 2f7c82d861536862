"""What keeps enough payment pods there: while nodes are drained, and under load."""

from billing_operator.desired import workload
from billing_operator.kinds import DEPLOYMENT, Manifest
from billing_operator.names import PAYMENT, part_name, selector
from billing_operator.spec.stack import Stack


def disruption_budgets(stack: Stack) -> tuple[Manifest, ...]:
    """Payment's budget for evictions; none where a single pod would be all that it guards."""
    most = stack.payment.most_unavailable
    if most is None or stack.payment.most_pods < 2:
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


def autoscalers(stack: Stack) -> tuple[Manifest, ...]:
    """Payment's autoscaler; none where the spec itself says how many pods there are."""
    wanted = stack.autoscaling
    if wanted is None:
        return ()
    target = {"type": "Utilization", "averageUtilization": wanted.target_cpu}
    autoscaler = {
        "apiVersion": "autoscaling/v2",
        "kind": "HorizontalPodAutoscaler",
        "metadata": workload.part_metadata(stack, PAYMENT),
        "spec": {
            "scaleTargetRef": {
                "apiVersion": DEPLOYMENT.api_version,
                "kind": DEPLOYMENT.name,
                "name": part_name(stack.name, PAYMENT),
            },
            "minReplicas": wanted.least,
            "maxReplicas": wanted.most,
            "metrics": [
                {
                    # Of our container alone: a sidecar that requests no CPU would leave the
                    # autoscaler without a figure.
                    "type": "ContainerResource",
                    "containerResource": {"name": "cpu", "container": PAYMENT, "target": target},
                }
            ],
        },
    }
    return (autoscaler,)
