"""Whom a user lets talk to a stack: spec.networkPolicy."""

from dataclasses import dataclass, field

from billing_operator.kinds import Manifest

# As Kubernetes has it.
DEFAULT_PROTOCOL = "TCP"


@dataclass(frozen=True, slots=True)
class Peers:
    """Whom a user lets talk to the stack's pods, as NetworkPolicies write it.

    Attributes:
        antaeus_from: who may reach Antaeus; None stands for anybody.
        monitoring_from: who may read payment's metrics.
        antaeus_egress: where Antaeus may go besides payment and DNS; None stands for anywhere.
    """

    antaeus_from: list[Manifest] | None = None
    monitoring_from: list[Manifest] = field(default_factory=list)
    antaeus_egress: list[Manifest] | None = None

    @classmethod
    def of(cls, part: Manifest) -> "Peers":
        """Reads spec.networkPolicy."""
        egress: list[Manifest] | None = part.get("antaeusEgress")
        return cls(
            antaeus_from=part.get("antaeusFrom"),
            monitoring_from=part.get("monitoringFrom") or [],
            antaeus_egress=egress and [_with_protocols(rule) for rule in egress],
        )


def _with_protocols(rule: Manifest) -> Manifest:
    """A rule as the API server would store it, so that it compares equal to what it has stored."""
    ports = [{"protocol": DEFAULT_PROTOCOL, **port} for port in rule.get("ports") or ()]
    return rule | {"ports": ports} if ports else rule
