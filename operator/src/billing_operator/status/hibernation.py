"""What holds of a stack that is to hibernate: whether it does, and what it costs."""

from billing_operator.kinds import Manifest
from billing_operator.names import ANTAEUS, PAYMENT
from billing_operator.observed.stack import Observed
from billing_operator.spec.stack import Stack


def asleep(stack: Stack, seen: Observed) -> bool:
    """Whether a stack that is to hibernate does: no pod is wanted, and no process is left."""
    rollouts = [seen.rollout(stack.name, part) for part in (ANTAEUS, PAYMENT)]
    at_zero = all(rollout and rollout.complete and not rollout.wanted for rollout in rollouts)
    return stack.hibernate and at_zero and not any(pod.running for pod in seen.pods)


def asleep_message(stack: Stack, counted: Manifest | None) -> str:
    """What a person is told of it, by the invoices that Antaeus had."""
    message = "spec.hibernate is true: no pod runs until it is false"
    paid = (counted or {}).get("paid")
    if paid and not stack.antaeus.persistence:
        message += f"; {paid} invoices were paid when Antaeus ended, which forgets payments"
    return message
