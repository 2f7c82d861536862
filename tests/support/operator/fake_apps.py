"""The services of stacks, as far as the operator asks them."""

from collections.abc import Callable
from dataclasses import dataclass, field

from billing_operator.apps.answers import Accepted, Calls, Counts, ProfileAnswer, Totals
from billing_operator.apps.sums import Sums
from billing_operator.errors import Waiting
from billing_operator.observed.stack import Pod
from billing_operator.reasons import Reason
from billing_operator.spec.stack import Stack


@dataclass
class FakeApps:
    """Answers as told; who is told nothing does not answer.

    Attributes:
        digests: of the profile that each payment pod answers by.
        refusals: what payment pods have against a newer one, by its digest.
        accepted: ids of the tokens that each payment pod takes; without it, it tells nothing.
        counts: of each stack's invoices.
        taken: charge calls of each payment pod.
        totals_of: what each payment pod has accepted; one that is not named, nothing.
        doubles_of: how many of these were double charges.
        silent: payment pods that do not tell what they have accepted.
        meanwhile: called before each answer about invoices.
    """

    digests: dict[str, str] = field(default_factory=dict)
    refusals: dict[str, tuple[str, str]] = field(default_factory=dict)
    accepted: dict[str, list[str | None]] = field(default_factory=dict)
    counts: dict[str, Counts] = field(default_factory=dict)
    taken: dict[str, Calls] = field(default_factory=dict)
    totals_of: dict[str, Sums] = field(default_factory=dict)
    doubles_of: dict[str, int] = field(default_factory=dict)
    silent: set[str] = field(default_factory=set)
    asked: list[str] = field(default_factory=list)
    meanwhile: Callable[[], object] = lambda: None

    async def invoices(self, stack: Stack) -> Counts:
        self.asked.append(stack.name)
        self.meanwhile()
        if stack.name not in self.counts:
            raise Waiting(Reason.NO_ANSWER, "no invoices", seconds=1)
        return self.counts[stack.name]

    async def profile(self, stack: Stack, pod: Pod) -> ProfileAnswer:
        self.asked.append(pod.name)
        if pod.name not in self.digests:
            raise Waiting(Reason.NO_ANSWER, f"no profile of {stack.name}", seconds=1)
        refused, mistake = self.refusals.get(pod.name, (None, ""))
        ids = self.accepted.get(pod.name)
        accepted = None if ids is None else Accepted(frozenset(ids))
        told = (mistake,) if refused else ()
        return ProfileAnswer(self.digests[pod.name], refused, told, accepted)

    async def calls(self, stack: Stack, pod: Pod) -> Calls:
        self.asked.append(pod.name)
        if pod.name not in self.taken:
            raise Waiting(Reason.NO_ANSWER, f"no calls of {stack.name}", seconds=1)
        return self.taken[pod.name]

    async def totals(self, stack: Stack, pod: Pod) -> Totals:
        if pod.name in self.silent:
            raise Waiting(Reason.NO_ANSWER, f"no totals of {stack.name}", seconds=1)
        return Totals(self.totals_of.get(pod.name, {}), self.doubles_of.get(pod.name, 0))
