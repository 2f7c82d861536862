"""What test runs that were broken off have left in the cluster."""

from billing_dev.clients.kube import Kube

# Each namespace that a test makes carries it.
TEST_LABEL = "billing.antaeus.io/test"


def clear_away(kube: Kube) -> None:
    """Deletes what runs that were broken off have left behind; not while others are at work."""
    kube("delete", "namespaces", "-l", f"{TEST_LABEL}=yes", "--wait=false")
