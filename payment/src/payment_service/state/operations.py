"""What the store's script is asked to do for a charge: each operation as its name and arguments."""

from payment_service.outcome.charges import Charge, canonical
from payment_service.state.records import Booking, JournalEntry
from payment_service.state.stored import answer_document, holder_text, record_document
from payment_service.state.values import Hold, Kept, Keyed

Operation = tuple[str | float, ...]


class Operations:
    """The operations of one process, with its own name in them and how much is kept."""

    def __init__(self, kept: Kept, owner: str) -> None:
        self._kept = kept
        self._owner = owner

    def check(self, hold: Hold, booking: Booking) -> Operation:
        charge_id = booking.charge_id
        alike = booking.fingerprint if hold.first else ""
        return ("check", hold.key or "", self._owner + charge_id, alike, charge_id)

    def attempt(self, charge: Charge) -> Operation:
        return ("attempt", charge.fingerprint, self._kept.attempts)

    def earlier(self, charge: Charge, charge_id: str, window_seconds: float) -> Operation:
        kept = self._kept
        seconds = kept.in_flight_seconds
        return ("earlier", charge.fingerprint, charge_id, window_seconds, seconds, kept.keys)

    def save(self, keyed: Keyed) -> Operation:
        key, fingerprint, answer, ttl_seconds = keyed
        document = answer_document(answer)
        return ("save", key, fingerprint, document, ttl_seconds, self._kept.keys)

    def book(self, booking: Booking) -> Operation:
        return (
            "book",
            *(booking.fingerprint, booking.charge_id, booking.outcome, booking.reason or ""),
            *(
                holder_text(booking.customer_id, booking.currency),
                canonical(booking.amount),
                record_document(booking),
            ),
            *(booking.duplicate_of or "", self._kept.keys, self._kept.bookings),
        )

    def note(self, entry: JournalEntry) -> Operation:
        return ("note", record_document(entry), self._kept.journal)
