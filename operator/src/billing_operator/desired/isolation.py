"""Who may talk to whom: payment takes charges from its own stack's Antaeus and from nobody else."""

from billing_operator.desired import workload
from billing_operator.inputs import Installation
from billing_operator.kinds import Manifest
from billing_operator.names import (
    ANTAEUS,
    ANTAEUS_PORT,
    CHARGE_PORT,
    OPERATOR_LABELS,
    OPS_PORT,
    PAYMENT,
    default_deny_name,
    part_name,
    pods_of_stack,
    selector,
    stack_labels,
)
from billing_operator.spec import Stack

_ANYWHERE: Manifest = {}


def policies(stack: Stack, installation: Installation) -> tuple[Manifest, ...]:
    """The stack's NetworkPolicies; none where the user switched them off."""
    if not stack.isolated:
        return ()
    return _default_deny(stack), _antaeus(stack), _payment(stack, installation)


def _default_deny(stack: Stack) -> Manifest:
    return _policy(
        stack,
        default_deny_name(stack.name),
        {
            "podSelector": {"matchLabels": pods_of_stack(stack.name)},
            "policyTypes": ["Ingress", "Egress"],
        },
    )


def _antaeus(stack: Stack) -> Manifest:
    # Open to all on its one port, and free to go out: the upstream image downloads at start.
    return _policy(
        stack,
        part_name(stack.name, ANTAEUS),
        {
            "podSelector": {"matchLabels": selector(stack.name, ANTAEUS)},
            "policyTypes": ["Ingress", "Egress"],
            "ingress": [{"ports": [_port(ANTAEUS_PORT)]}],
            "egress": [_ANYWHERE],
        },
    )


def _payment(stack: Stack, installation: Installation) -> Manifest:
    charging = {"podSelector": {"matchLabels": selector(stack.name, ANTAEUS)}}
    reading = {
        "namespaceSelector": {
            "matchLabels": {"kubernetes.io/metadata.name": installation.namespace}
        },
        "podSelector": {"matchLabels": OPERATOR_LABELS},
    }
    return _policy(
        stack,
        part_name(stack.name, PAYMENT),
        {
            "podSelector": {"matchLabels": selector(stack.name, PAYMENT)},
            "policyTypes": ["Ingress", "Egress"],
            "ingress": [
                {"from": [charging], "ports": [_port(CHARGE_PORT)]},
                {"from": [reading], "ports": [_port(OPS_PORT)]},
            ],
            "egress": [{"ports": [_port(53, "UDP"), _port(53)]}],
        },
    )


def _policy(stack: Stack, name: str, spec: Manifest) -> Manifest:
    return {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "NetworkPolicy",
        "metadata": workload.metadata(stack, name, stack_labels(stack.name)),
        "spec": spec,
    }


def _port(number: int, protocol: str = "TCP") -> Manifest:
    return {"port": number, "protocol": protocol}
