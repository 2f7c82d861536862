"""Tries lists of happenings at random, and makes short what breaks a rule."""

import random
import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from unit.billing_operator.model.simulation import Step, simulate
from unit.billing_operator.model.stories import STORIES
from unit.billing_operator.model.truth import Violation
from unit.billing_operator.model.world import KINDS_OF_ANTAEUS

# What a run takes happens more often than what disturbs it.
_OFTEN = (
    *(("make run",) * 12),
    *("kill Antaeus", "drain Antaeus", "drain Antaeus slowly", "pay directly", "pay directly"),
    *("acknowledge reset",) * 3,
    *("crash operator", "operator goes", "operator comes", "operator comes", "hand over"),
    *("answer", "payment again", "resume stack", "fast payment", "decline none", "wake"),
)
_ONCE = (
    *("make run", "copy run", "copy run without owner", "copy pod of run", "begin by hand"),
    *("suspend run", "suspend and resume run", "say by hand", "delete run"),
    *("delete run but its pod", "drain run", "kill run", "cut off run"),
    *("kill Antaeus", "drain Antaeus", "drain Antaeus slowly", "pin service"),
    *("silence Antaeus", "late answers", "silence payment", "slow payment"),
    *("decline some", "decline all", "lose reply", "lose two replies", "drain payment"),
    *("no payment", "acknowledge run", "suspend stack", "rotate token", "other image"),
    "empty status",
    *("hibernate", "slow kubelet", "fast kubelet"),
    *(f"{how} watch of {kind}" for how in ("late", "deaf") for kind in ("Pod", "Job")),
    *(f"late watch of {kind}" for kind in ("BillingStack", "Deployment")),
)
_FAULTS = tuple(
    f"{fault} at {which}"
    for fault in ("refused", "unanswered", "late", "crash before", "crash after")
    for which in ("call 0", "call 2", "call 5", "apply_status", "annotate", "resume", "delete")
)
PAUSES = (0.0, 0.1, 0.2, 0.4, 0.4, 0.8, 0.8, 1.5, 1.5, 3.0, 3.0, 6.0, 6.0, 15.0, 15.0, 40.0)
_MOST = 12


def at_random(chance: random.Random) -> list[Step]:
    """A list of happenings: a story of which something is changed, or none at all."""
    steps: list[Step] = []
    for _ in range(chance.choice((0, 1, 1, 1, 2))):
        steps += chance.choice(list(STORIES.values()))
    for _ in range(chance.randint(0, 4) if steps else chance.randint(2, _MOST)):
        steps.insert(chance.randint(0, len(steps)), (_name(chance), chance.choice(PAUSES)))
    if steps and chance.random() < 0.3:
        steps.pop(chance.randrange(len(steps)))
    if steps and chance.random() < 0.5:
        at = chance.randrange(len(steps))
        steps[at] = steps[at][0], chance.choice(PAUSES)
    return steps


def _name(chance: random.Random) -> str:
    return chance.choice(chance.choice((_OFTEN, _ONCE, _ONCE, _FAULTS)))


def breaks(kind: str, steps: Sequence[Step]) -> str:
    """Which rule a list breaks; empty where none is."""
    try:
        simulate(kind, steps)
    except Violation as found:
        return str(found)
    return ""


def made_short(kind: str, steps: list[Step], rule: str, tries: int = 250) -> list[Step]:
    """The shortest list that can be had of this one by leaving out, and that breaks the rule."""
    size = max(1, len(steps) // 2)
    while tries > 0:
        before = len(steps)
        start = 0
        while start < len(steps) and tries > 0:
            tries -= 1
            fewer = steps[:start] + steps[start + size :]
            if sort_of(breaks(kind, fewer)) == rule:
                steps = fewer
            else:
                start += size
        if size == 1 and len(steps) == before:
            break
        size = max(1, size // 2)
    return steps


def sort_of(rule: str) -> str:
    """A violation without what differs from one time to the next."""
    return re.sub(r"[\[{(].*|\d+(\.\d+)?", "_", rule)[:70]


@dataclass
class Campaign:
    """Many simulations.

    Attributes:
        found: for each sort of violation, one that is short, and how often it was.
    """

    found: dict[str, tuple[str, list[Step], str]] = field(default_factory=dict)
    times: "Counter[str]" = field(default_factory=Counter)
    happened: "Counter[str]" = field(default_factory=Counter)
    passed_over: "Counter[str]" = field(default_factory=Counter)
    simulations: int = 0
    steps: int = 0

    def run(self, seed: int, goes_on: Callable[[], bool]) -> None:
        """One after the other, as long as it is to go on."""
        chance = random.Random(seed)
        while goes_on():
            kind, steps = chance.choice(KINDS_OF_ANTAEUS), at_random(chance)
            self.one(kind, steps)

    def figures(self) -> "list[tuple[str, int]]":
        """What was tried, and what was passed over."""
        totals = [("simulations", self.simulations), ("happenings", self.steps)]
        return [*totals, *self.happened.most_common(), *self.passed_over.most_common()]

    def one(self, kind: str, steps: list[Step]) -> None:
        """One of them."""
        self.simulations += 1
        self.steps += len(steps)
        self.happened.update(what for what, _ in steps)
        try:
            self.passed_over.update(simulate(kind, steps))
        except Violation as violation:
            rule = sort_of(str(violation))
            self.times[rule] += 1
            if rule not in self.found:
                short = made_short(kind, steps, rule)
                self.found[rule] = (kind, short, breaks(kind, short))
