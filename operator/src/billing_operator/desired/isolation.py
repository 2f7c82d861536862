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
    return _default_deny(stack), _antaeus(stack, installation), _payment(stack, installation)


def _default_deny(stack: Stack) -> Manifest:
    return _policy(
        stack,
        default_deny_name(stack.name),
        {
            "podSelector": {"matchLabels": pods_of_stack(stack.name)},
            "policyTypes": ["Ingress", "Egress"],
        },
    )


def _antaeus(stack: Stack, installation: Installation) -> Manifest:
    peers = stack.peers
    incoming: Manifest = {"ports": [_port(ANTAEUS_PORT)]}
    if peers.antaeus_from is not None:
        # Nobody's list may shut the operator out: the invoices in status are what it reads there.
        incoming = {"from": [_operator(installation), *peers.antaeus_from], **incoming}
    # Free to go out unless that is locked: the upstream image downloads at start.
    outgoing = [_ANYWHERE]
    if peers.antaeus_egress is not None:
        charges = {"to": [_part(stack, PAYMENT)], "ports": [_port(CHARGE_PORT)]}
        outgoing = [charges, _dns(), *peers.antaeus_egress]
    return _policy(
        stack,
        part_name(stack.name, ANTAEUS),
        {
            "podSelector": {"matchLabels": selector(stack.name, ANTAEUS)},
            "policyTypes": ["Ingress", "Egress"],
            "ingress": [incoming],
            "egress": outgoing,
        },
    )


def _payment(stack: Stack, installation: Installation) -> Manifest:
    reading = [_operator(installation), *stack.peers.monitoring_from]
    return _policy(
        stack,
        part_name(stack.name, PAYMENT),
        {
            "podSelector": {"matchLabels": selector(stack.name, PAYMENT)},
            "policyTypes": ["Ingress", "Egress"],
            "ingress": [
                {"from": [_part(stack, ANTAEUS)], "ports": [_port(CHARGE_PORT)]},
                {"from": reading, "ports": [_port(OPS_PORT)]},
            ],
            "egress": [_dns()],
        },
    )


def _part(stack: Stack, part: str) -> Manifest:
    return {"podSelector": {"matchLabels": selector(stack.name, part)}}


def _operator(installation: Installation) -> Manifest:
    home = {"kubernetes.io/metadata.name": installation.namespace}
    return {
        "namespaceSelector": {"matchLabels": home},
        "podSelector": {"matchLabels": OPERATOR_LABELS},
    }


def _dns() -> Manifest:
    return {"ports": [_port(53, "UDP"), _port(53)]}


def _policy(stack: Stack, name: str, spec: Manifest) -> Manifest:
    return {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "NetworkPolicy",
        "metadata": workload.metadata(stack, name, stack_labels(stack.name)),
        "spec": spec,
    }


def _port(number: int, protocol: str = "TCP") -> Manifest:
    return {"port": number, "protocol": protocol}
