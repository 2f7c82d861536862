"""Takes charges: counts the attempt, lets the rule decide, and tells everyone who keeps records."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from time import perf_counter

from payment_service.charging.charges import Charge
from payment_service.charging.decision import Decision
from payment_service.charging.records import ChargeRecord, Recorder
from payment_service.profile.document import Profile
from payment_service.state.attempts import Attempts

Decide = Callable[[Profile, Charge, int, float], Decision]


@dataclass(slots=True)
class Call:
    """One charge call under way: who makes it and when it began (`perf_counter`)."""

    authenticated: bool
    request_id: str
    began: float


@dataclass(frozen=True, slots=True)
class Chance:
    """What is random about a charge, so that tests can say it: the draw and the charge's id."""

    draw: Callable[[], float]
    new_id: Callable[[], str]


class Cashier:
    """Decides charges under the profile of the moment."""

    def __init__(
        self,
        profile: Callable[[], Profile],
        attempts: Attempts,
        *,
        decide: Decide,
        chance: Chance,
        recorders: Iterable[Recorder],
    ) -> None:
        self._profile = profile
        self._attempts = attempts
        self._decide = decide
        self._chance = chance
        self._recorders = tuple(recorders)

    def take(self, call: Call, charge: Charge, attempt: int | None) -> Decision:
        """Decides a charge and records it. `attempt` is None if the caller does not count."""
        if attempt is None:
            attempt = self._attempts.next(charge)
        decision = self._decide(self._profile(), charge, attempt, self._chance.draw())
        record = ChargeRecord(
            outcome="accepted" if decision.accepted else "declined",
            status=200,
            authenticated=call.authenticated,
            request_id=call.request_id,
            seconds=perf_counter() - call.began,
            charge=charge,
            attempt=attempt,
            charge_id=self._chance.new_id(),
        )
        self._tell(record)
        return decision

    def refuse(self, call: Call, status: int, reason: str) -> None:
        """Records a charge call that is refused, so no charge."""
        seconds = perf_counter() - call.began
        refused = ChargeRecord("refused", status, call.authenticated, call.request_id, seconds)
        refused.reason = reason
        self._tell(refused)

    def _tell(self, record: ChargeRecord) -> None:
        # Before the caller hears of it: what it was told is then always on record.
        for recorder in self._recorders:
            recorder(record)
