"""Who may talk to whom: payment takes charges from its own stack's Antaeus and from nobody else."""

import ipaddress

from billing_operator.desired import workload
from billing_operator.inputs import Installation
from billing_operator.kinds import Manifest
from billing_operator.names import (
    ANTAEUS,
    ANTAEUS_PORT,
    BILLING,
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
from billing_operator.spec.payment import Store
from billing_operator.spec.stack import Stack

_ANYWHERE: Manifest = {}


def policies(stack: Stack, installation: Installation) -> tuple[Manifest, ...]:
    """The stack's NetworkPolicies; none where the user switched them off."""
    if not stack.isolated:
        return ()
    of_parts = _antaeus(stack, installation), _payment(stack, installation), _billing(stack)
    return _default_deny(stack), *of_parts


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
        # Nobody's list may shut these out: the operator reads the invoices there, and runs pay.
        always = [_operator(installation), _part(stack, BILLING)]
        incoming = {"from": [*always, *peers.antaeus_from], **incoming}
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
            "egress": [_dns(), *_to_the_store(stack.payment.store)],
        },
    )


def _billing(stack: Stack) -> Manifest:
    """A run calls its own stack's Antaeus and nobody else, and nobody calls it."""
    return _policy(
        stack,
        part_name(stack.name, BILLING),
        {
            "podSelector": {"matchLabels": selector(stack.name, BILLING)},
            "policyTypes": ["Ingress", "Egress"],
            "egress": [{"to": [_part(stack, ANTAEUS)], "ports": [_port(ANTAEUS_PORT)]}, _dns()],
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


def _to_the_store(store: Store | None) -> list[Manifest]:
    if store is None:
        return []
    way: Manifest = {"ports": [_port(store.port)]}
    if peer := store_peer(store.host):
        way["to"] = [peer]
    return [way]


def store_peer(host: str) -> Manifest | None:
    """Whom a policy has to let payment reach; None, and so anyone, for a name outside.

    Policies know pods and addresses, and no names: what a name leads to may change at any time.
    """
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        words = host.lower().split(".")
        if len(words) < 3 or words[2] != "svc":
            return None
        namespace = {"kubernetes.io/metadata.name": words[1]}
        return {"namespaceSelector": {"matchLabels": namespace}}
    return {"ipBlock": {"cidr": f"{address}/{address.max_prefixlen}"}}


def _policy(stack: Stack, name: str, spec: Manifest) -> Manifest:
    return {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "NetworkPolicy",
        "metadata": workload.metadata(stack, name, stack_labels(stack.name)),
        "spec": spec,
    }


def _port(number: int, protocol: str = "TCP") -> Manifest:
    return {"port": number, "protocol": protocol}
