"""A replica's process that takes charges, for tests of what replicas remember together."""

from time import time

from payment_service.settings import Settings
from payment_service.state.interface import Began
from payment_service.state.opening import open_state
from support.payment.state_makers import a_booking, a_charge_of, an_entry

CHARGES = 100


def replica(settings: Settings, name: str) -> tuple[list[int], list[str], int]:
    """Takes charges in a process of its own: its attempts, its firsts and its fresh keys."""
    state = open_state(settings)
    attempts, firsts, fresh = [], [], 0
    for number in range(CHARGES):
        charge_id = f"{name}-{number}"
        attempts.append(state.next_attempt(a_charge_of()))
        if state.earlier(a_charge_of(number + 1), charge_id, 60) is None:
            firsts.append(charge_id)
        fresh += state.begin(f"key-{number}", "print") is Began.FRESH
        charge = a_charge_of(value="0.1")
        state.settle(a_booking(charge_id, charge, time=time()), an_entry(charge_id))
    return attempts, firsts, fresh
