"""What a stack should consist of: from typed input to manifests, with nothing read or written."""

from billing_operator.desired import (
    antaeus,
    availability,
    billing,
    ingress,
    isolation,
    monitoring,
    payment,
    profile,
)
from billing_operator.inputs import Installation, Token
from billing_operator.kinds import Manifest
from billing_operator.spec.stack import Stack


def desired(
    stack: Stack,
    token: Token,
    installation: Installation,
    *,
    antaeus_template: Manifest,
    scaled_by_others: bool = False,
) -> tuple[tuple[Manifest, ...], ...]:
    """Manifests of a stack in groups; those of one group don't depend on each other.

    The pods come last: a pod without its ServiceAccount fails at once, no pod of payment is there
    before the policies that shut others out, and none of Antaeus while somebody else's Service
    bears the name that it charges at. What pods can do without comes after them: no lack of a
    right to it leaves a stack without pods.

    Args:
        antaeus_template: the pod template that Antaeus is to run by.
        scaled_by_others: whether an autoscaler has the number of payment's pods in hand.
    """
    prerequisites = (
        # They take the API server longest, since each is given an address.
        antaeus.service(stack),
        payment.service(stack),
        profile.config_map(stack),
        *antaeus.claims(stack),
        *(part.service_account(stack) for part in (antaeus, payment, billing)),
        *isolation.policies(stack, installation),
    )
    pods = (
        antaeus.deployment(stack, antaeus_template),
        payment.deployment(stack, token, installation, scaled_by_others=scaled_by_others),
    )
    optional = (
        billing.cron_job(stack, installation),
        *ingress.ingresses(stack),
        *availability.disruption_budgets(stack),
        *availability.autoscalers(stack),
        *monitoring.monitors(stack),
    )
    return prerequisites, pods, optional
