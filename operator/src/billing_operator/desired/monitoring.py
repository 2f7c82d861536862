"""What has a Prometheus of the cluster read payment's metrics."""

from billing_operator.desired import workload
from billing_operator.kinds import POD_MONITOR, Manifest
from billing_operator.names import PAYMENT, selector
from billing_operator.spec.stack import Stack


def monitors(stack: Stack) -> tuple[Manifest, ...]:
    """Payment's PodMonitor: each pod counts for itself, and no Service leads to its metrics."""
    if stack.monitoring is None:
        return ()
    metadata = workload.part_metadata(stack, PAYMENT)
    # By our own labels it is found again, so they come last.
    metadata["labels"] = stack.monitoring | metadata["labels"]
    monitor = {
        "apiVersion": POD_MONITOR.api_version,
        "kind": POD_MONITOR.name,
        "metadata": metadata,
        "spec": {
            "selector": {"matchLabels": selector(stack.name, PAYMENT)},
            "podMetricsEndpoints": [{"port": "ops", "path": "/metrics"}],
        },
    }
    return (monitor,)
