"""What becomes of a charge call under the whole profile: rules, faults, rate, and latency."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache

from payment_service.outcome.charges import Charge
from payment_service.outcome.decision import decide, seeded_draw
from payment_service.outcome.latency import delay_seconds
from payment_service.profile.document import Profile
from payment_service.profile.entries import Entry, Fault, Match, Rule
from payment_service.profile.values import DeclineReason


@dataclass(frozen=True, slots=True)
class OutcomeInputs:
    """What an outcome depends on besides profile and charge."""

    chance: Callable[[], float]
    """Gives a fresh number in [0, 1)."""
    hit: Callable[[str], int]
    """Counts one more call that an entry (`rule NAME` or `fault NAME`) matches and returns how many
    there were, from 1; called only for entries with `skip` or `times`."""
    now: Callable[[], datetime]
    """Gives the time, with its offset from UTC."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What becomes of one charge call."""

    accepted: bool
    reason: DeclineReason | None
    """Why it was declined; None if it was accepted or not counted."""
    fault: Fault | None
    """What spoils the reply."""
    counted: bool
    """Whether the charge was begun; if not, it is neither accepted nor declined."""
    delay_seconds: float
    """How long the reply is on its way."""
    rule: str | None
    """Name of the rule or fault that decided; None if the rate did."""
    hits: Mapping[str, int] = field(default_factory=dict)
    """What `OutcomeInputs.hit` counted for it by entry: given back if it comes to nothing."""

    @property
    def waits(self) -> bool:
        """Whether its reply is kept for a while, and so needs a place."""
        return self.delay_seconds > 0 or (self.fault is not None and self.fault.takes_long)


def decide_outcome(
    profile: Profile, charge: Charge, attempt: int, inputs: OutcomeInputs
) -> Outcome:
    """Decides what becomes of a charge; the first of the rules that matches and acts decides.

    An entry acts on a call if it matches, the time is within `from` and `until`, the call is one
    of its `times` after the first `skip`, and its draw is below its `rate`; else the next entry is
    looked at. If no rule acts, the first fault that does spoils the call. If the call is to fail
    although charged, the charge is decided as if faults were none: by the rules that follow, or by
    the rate. All draws with a seed are `seeded_draw`, with the purposes `rule NAME`, `fault NAME`
    and `latency`, so outcomes do not depend on the order of calls, but for `skip` and `times`.
    """
    if profile.plain:
        chance = 0.0 if profile.seed is not None else inputs.chance()
        accepted = decide(profile, charge, attempt, chance).accepted
        return _plain(profile.decline_reason, accepted=accepted)
    return _Evaluation(profile, charge, attempt, inputs).outcome()


@cache
def _plain(reason: DeclineReason, *, accepted: bool) -> Outcome:
    # There are few of them, and they never change: each charge would have one made for nothing.
    return Outcome(
        accepted=accepted,
        reason=None if accepted else reason,
        fault=None,
        counted=True,
        delay_seconds=0.0,
        rule=None,
    )


@dataclass(frozen=True, slots=True)
class _Evaluation:
    """One charge call, looked at once."""

    profile: Profile
    charge: Charge
    attempt: int
    inputs: OutcomeInputs
    hits: dict[str, int] = field(default_factory=dict)

    def outcome(self) -> Outcome:
        latency = self.profile.latency
        delay = 0.0 if latency is None else delay_seconds(latency, self._draw("latency"))
        rules = iter(self.profile.rules)
        rule = next((rule for rule in rules if self._acts(rule, "rule")), None)
        if rule is not None and rule.fault is None:
            return self._decided(rule, None, delay, rule.name)
        fault, name = self._fault(rule)
        if fault is not None and not fault.charged:
            return Outcome(
                accepted=False,
                reason=None,
                fault=fault,
                counted=False,
                delay_seconds=delay,
                rule=name,
                hits=self.hits,
            )
        verdicts = (later for later in rules if later.fault is None)
        verdict = next((later for later in verdicts if self._acts(later, "rule")), None)
        return self._decided(verdict, fault, delay, name)

    def _fault(self, rule: Rule | None) -> tuple[Fault | None, str | None]:
        if rule is not None:
            return rule.fault, rule.name
        entry = next((one for one in self.profile.faults if self._acts(one, "fault")), None)
        return (None, None) if entry is None else (entry.fault, entry.name)

    def _decided(
        self, verdict: Rule | None, fault: Fault | None, delay: float, name: str | None
    ) -> Outcome:
        if verdict is None:
            chance = 0.0 if self.profile.seed is not None else self.inputs.chance()
            accepted = decide(self.profile, self.charge, self.attempt, chance).accepted
            reason = self.profile.decline_reason
        else:
            accepted = verdict.decline is None
            reason = verdict.decline.reason if verdict.decline else self.profile.decline_reason
        return Outcome(
            accepted=accepted,
            reason=None if accepted else reason,
            fault=fault,
            counted=True,
            delay_seconds=delay,
            rule=name,
            hits=self.hits,
        )

    def _acts(self, entry: Entry, kind: str) -> bool:
        if not (_matches(entry.match, self.charge, self.attempt) and self._in_time(entry)):
            return False
        purpose = f"{kind} {entry.name}"
        if entry.skip or entry.times is not None:
            self.hits[purpose] = number = self.inputs.hit(purpose)
            turn = number - entry.skip
            if turn < 1 or (entry.times is not None and turn > entry.times):
                return False
        return entry.rate == 1 or self._draw(purpose) < entry.rate

    def _in_time(self, entry: Entry) -> bool:
        if entry.from_ is None and entry.until is None:
            return True
        now = self.inputs.now()
        begun = entry.from_ is None or entry.from_ <= now
        return begun and (entry.until is None or now < entry.until)

    def _draw(self, purpose: str) -> float:
        if self.profile.seed is None:
            return self.inputs.chance()
        return seeded_draw(self.profile.seed, self.charge, self.attempt, purpose)


def _matches(match: Match, charge: Charge, attempt: int) -> bool:
    if match.customers is not None and charge.customer_id not in match.customers:
        return False
    if match.currencies is not None and charge.currency not in match.currencies:
        return False
    if match.amount is not None:
        low, high = match.amount.exact
        if not low <= charge.amount <= high:
            return False
    if match.attempts is None:
        return True
    last = match.attempts.max
    return match.attempts.min <= attempt and (last is None or attempt <= last)
