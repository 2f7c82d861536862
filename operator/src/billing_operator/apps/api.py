"""The port to the two services of a stack."""

from typing import Protocol

from billing_operator.apps.answers import Calls, Counts, ProfileAnswer, Totals
from billing_operator.observed.stack import Pod
from billing_operator.spec.stack import Stack


class Apps(Protocol):
    """What the services are asked; each call raises Waiting where there is no good answer."""

    async def invoices(self, stack: Stack) -> Counts:
        """How many invoices Antaeus has, by their state."""
        ...

    async def profile(self, stack: Stack, pod: Pod) -> ProfileAnswer:
        """By which profile a payment pod answers, and which tokens it takes."""
        ...

    async def calls(self, stack: Stack, pod: Pod) -> Calls:
        """How many charge calls a payment pod has taken, and how many of them it still holds."""
        ...

    async def totals(self, stack: Stack, pod: Pod) -> Totals:
        """What a payment pod has accepted since its container started."""
        ...
