"""Counting the attempts of a charge."""

from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal

from falcon import testing

from payment_service.cashier.records import ChargeRecord
from payment_service.charging.charges import Charge
from payment_service.state.attempts import Attempts
from support.payment import TOKEN, a_charge, a_client


def the_charge(customer: int = 1, value: str = "181.50", currency: str = "USD") -> Charge:
    return Charge(customer, Decimal(value), currency, value)


def test_each_charge_is_counted_for_itself() -> None:
    attempts = Attempts(kept=10)
    others = the_charge(customer=2), the_charge(value="1"), the_charge(currency="DKK")

    assert [attempts.next(the_charge()) for _ in range(3)] == [1, 2, 3]
    assert [attempts.next(other) for other in others] == [1, 1, 1]


def test_an_amount_written_otherwise_is_the_same_charge() -> None:
    attempts = Attempts(kept=10)
    attempts.next(the_charge(value="181.50"))

    assert attempts.next(the_charge(value="1815e-1")) == 2


def test_the_charge_that_was_tried_longest_ago_is_forgotten_first() -> None:
    attempts = Attempts(kept=2)
    for customer in (1, 2, 1, 3):  # 2 is forgotten
        attempts.next(the_charge(customer))

    assert attempts.next(the_charge(1)) == 3
    assert attempts.next(the_charge(2)) == 1


def test_no_attempt_is_lost_or_counted_twice_between_threads() -> None:
    attempts = Attempts(kept=10)
    with ThreadPoolExecutor(8) as pool:
        counted = list(pool.map(lambda _: attempts.next(the_charge()), range(4000)))

    assert sorted(counted) == list(range(1, 4001))


def charge(client: testing.TestClient, **headers: str) -> None:
    sent = {"X-Token": TOKEN, **headers}
    assert client.simulate_post("/", body=a_charge(), headers=sent).status_code == 200


def test_the_attempt_that_a_caller_names_is_believed_and_not_counted() -> None:
    records: list[ChargeRecord] = []
    client = a_client(recorders=[records.append])

    charge(client)
    charge(client, **{"X-Charge-Attempt": "7"})
    charge(client)

    assert [record.attempt for record in records] == [1, 7, 2]
