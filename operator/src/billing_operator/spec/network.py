"""Whom a user lets talk to a stack: spec.networkPolicy."""

from dataclasses import dataclass, field

from billing_operator.kinds import Manifest


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
        return cls(
            antaeus_from=part.get("antaeusFrom"),
            monitoring_from=part.get("monitoringFrom") or [],
            antaeus_egress=part.get("antaeusEgress"),
        )
