"""Charges that come more than once: with the same key, or just alike."""

import json
from pathlib import Path
from typing import Any

import pytest
from falcon import testing

from billing_dev.eventually import eventually
from payment_service.cashier.records import ChargeRecord
from payment_service.outcome.outcome import Outcome, decide_outcome
from payment_service.service import Service
from payment_service.state.records import Filter
from support.cases import cases
from support.payment.service import (
    TOKEN,
    Answer,
    Caller,
    a_charge,
    a_client,
    a_request,
    a_service,
    get,
    log_lines,
    sample,
)


def write(folder: Path, **profile: object) -> None:
    (folder / "profile.json").write_text(json.dumps({"successRate": 1, **profile}))


def ask(service: Service, body: bytes | None = None, *, key: str | None = None) -> Answer:
    headers = "" if key is None else f"Idempotency-Key: {key}\r\n"
    with Caller(service.charges.number) as caller:
        return caller.ask(a_request(body or a_charge(), headers=headers))


def lose(service: Service, *, key: str) -> None:
    """A call whose connection is closed without an answer."""
    with Caller(service.charges.number) as caller:
        caller.send(a_request(a_charge(), headers=f"Idempotency-Key: {key}\r\n"))
        assert caller.closed()


def counted(service: Service) -> int:
    return len(service.state.bookings(Filter(), 100))


def outcomes(folder: Path) -> list[object]:
    return [line["outcome"] for line in log_lines(folder) if line["event"] == "charge"]


def test_the_same_key_and_charge_get_the_same_answer_and_count_once(tmp_path: Path) -> None:
    write(tmp_path, successRate=0.5)
    with a_service(tmp_path) as service:
        first = ask(service, key="k")
        again = [ask(service, a_charge(value=181.620), key="k") for _ in range(20)]

        assert {(answer.status, answer.body) for answer in again} == {(200, first.body)}
        assert {answer.headers["idempotent-replayed"] for answer in again} == {"true"}
        assert "idempotent-replayed" not in first.headers
        assert counted(service) == 1
        page = get(service.ops.number, "/metrics").body
    assert sample(page, 'payment_replays_total{by="Key"}') == 20
    assert outcomes(tmp_path)[1:] == ["replayed"] * 20


def test_a_key_used_for_another_charge_is_an_error_that_says_so(tmp_path: Path) -> None:
    with a_service(tmp_path) as service:
        ask(service, key="k")
        answer = ask(service, a_charge(value=1), key="k")

        assert answer.status == 422
        assert "used for another charge" in answer.json["error"]
        assert counted(service) == 1


@pytest.mark.parametrize("key", cases("the key is {0}", ["", "k" * 256, "k\xfc"]))
def test_a_key_that_is_no_key_is_refused(tmp_path: Path, key: str) -> None:
    with a_service(tmp_path) as service:
        answer = ask(service, key=key)

        assert answer.status == 400
        assert "Idempotency-Key" in answer.json["error"]
        assert counted(service) == 0


def test_a_key_whose_reply_is_on_its_way_is_in_flight(tmp_path: Path) -> None:
    write(tmp_path, latency={"fixed": {"seconds": 0.7}})
    with a_service(tmp_path) as service, Caller(service.charges.number) as caller:
        caller.send(a_request(headers="Idempotency-Key: k\r\n"))
        eventually(lambda: service.charges.deferred() == 1, within=5)
        answer = ask(service, a_charge(), key="k")
        assert (answer.status, answer.headers["retry-after"]) == (409, "1")

        assert caller.answer().status == 200
        write(tmp_path)
        eventually(lambda: service.mounted.profile.generation == 2, within=5)
        assert ask(service, a_charge(), key="k").headers["idempotent-replayed"] == "true"
        assert counted(service) == 1


def test_a_lost_reply_is_found_again_by_its_key(tmp_path: Path) -> None:
    lost = {"name": "lost", "fault": {"charged": True, "connection": {"reply": "Empty"}}}
    write(tmp_path, faults=[lost])
    with a_service(tmp_path) as service:
        lose(service, key="k")
        answer = ask(service, key="k")

        assert (answer.status, answer.json) == (200, {"result": "true"})
        assert counted(service) == 1


def test_a_status_of_a_counted_charge_is_repeated_for_its_key(tmp_path: Path) -> None:
    fault = {"name": "late", "fault": {"charged": True, "status": {"code": 500}}}
    write(tmp_path, faults=[fault])
    with a_service(tmp_path) as service:
        answers = [ask(service, key="k") for _ in range(3)]

        assert [answer.status for answer in answers] == [500] * 3
        assert len({answer.body for answer in answers}) == 1
        assert counted(service) == 1


def test_a_fault_before_the_charge_leaves_nothing_under_its_key(tmp_path: Path) -> None:
    fault = {"name": "early", "times": 1, "fault": {"status": {"code": 500}}}
    write(tmp_path, faults=[fault])
    with a_service(tmp_path) as service:
        answers = [ask(service, key="k") for _ in range(3)]

        assert [answer.status for answer in answers] == [500, 200, 200]
        assert "idempotent-replayed" not in answers[1].headers
        assert counted(service) == 1


def test_charges_alike_are_counted_and_the_second_says_of_which_it_is_one(tmp_path: Path) -> None:
    write(tmp_path)
    with a_service(tmp_path) as service:
        first, second = ask(service), ask(service)
        another = ask(service, a_charge(value=2))
        booked = {one.charge_id: one for one in service.state.bookings(Filter(), 9)}
        page = get(service.ops.number, "/metrics").body

    assert "duplicate-of" not in first.headers
    assert "duplicate-of" not in another.headers
    of = second.headers["duplicate-of"]
    assert booked[of].duplicate_of is None
    assert [one.duplicate_of for one in booked.values()].count(of) == 1
    assert sample(page, "payment_duplicates_total") == 1


def doubles_told(folder: Path, service: Service) -> list[float]:
    """How many doubles the metrics, the totals and the log tell."""
    page, totals = (get(service.ops.number, path) for path in ("/metrics", "/totals"))
    of_metrics = sample(page.body, "payment_duplicates_total")
    return [
        of_metrics,
        totals.json["doubles"],
        sum(line.get("double", False) for line in log_lines(folder)),
    ]


def test_a_double_is_told_though_the_first_of_its_row_was_declined(tmp_path: Path) -> None:
    """As where a declined charge is tried again, and then charged once more."""
    write(tmp_path, rules=[{"name": "poor", "times": 1, "decline": {"reason": "Expired"}}])
    with a_service(tmp_path) as service:
        assert [ask(service).json["result"] for _ in range(3)] == ["false", "true", "true"]

        assert doubles_told(tmp_path, service) == [1, 1, 1]
        page = get(service.ops.number, "/metrics").body
        assert sample(page, "payment_repeats_total") == 1


def test_a_double_is_told_of_two_that_are_decided_at_once(tmp_path: Path) -> None:
    asked: list[Answer] = []

    def while_the_other_is_decided(*inputs: Any) -> Outcome:
        if not asked:
            asked.append(Answer(0, {}, b""))
            asked.append(ask(service))
        return decide_outcome(*inputs)

    write(tmp_path)
    with a_service(tmp_path, decide=while_the_other_is_decided) as service:
        answers = [ask(service), asked[1]]

        assert [answer.json["result"] for answer in answers] == ["true", "true"]
        assert doubles_told(tmp_path, service) == [1, 1, 1]


def test_the_guard_answers_a_charge_alike_as_the_first_and_does_not_count_it(
    tmp_path: Path,
) -> None:
    write(tmp_path, successRate=0.5, duplicates={"mode": "Replay", "windowSeconds": 60})
    with a_service(tmp_path) as service:
        first = ask(service)
        again = [ask(service) for _ in range(10)]

        assert {answer.body for answer in again} == {first.body}
        assert counted(service) == 1
        assert ask(service, a_charge(value=2)).status == 200
        assert counted(service) == 2
    assert outcomes(tmp_path)[1:11] == ["replayed"] * 10


def test_the_guard_repeats_why_the_first_was_declined(tmp_path: Path) -> None:
    write(tmp_path, successRate=0, declineReason="Expired", duplicates={"mode": "Replay"})
    with a_service(tmp_path) as service:
        assert [ask(service).headers["decline-reason"] for _ in range(3)] == ["Expired"] * 3


def test_nobody_looks_for_duplicates_where_that_is_off(tmp_path: Path) -> None:
    write(tmp_path, duplicates={"mode": "Ignore"})
    with a_service(tmp_path) as service:
        assert "duplicate-of" not in {**ask(service).headers, **ask(service).headers}
        assert counted(service) == 2


def test_a_fault_before_the_charge_is_no_first_of_charges_alike(tmp_path: Path) -> None:
    fault = {"name": "early", "times": 1, "fault": {"status": {"code": 500}}}
    write(tmp_path, faults=[fault], duplicates={"mode": "Replay"})
    with a_service(tmp_path) as service:
        assert [ask(service).status for _ in range(2)] == [500, 200]
        assert counted(service) == 1


def test_a_decline_says_why_to_who_looks_and_the_body_stays_as_it_was(tmp_path: Path) -> None:
    rule = {"name": "poor", "decline": {"reason": "InsufficientFunds"}}
    write(tmp_path, rules=[rule])
    with a_service(tmp_path) as service:
        answer = ask(service)
        page = get(service.ops.number, "/metrics").body

    assert answer.body == b'{"result":"false"}'
    assert answer.headers["decline-reason"] == "InsufficientFunds"
    name = 'payment_charges_total{currency="USD",outcome="declined",reason="InsufficientFunds"}'
    assert sample(page, name) == 1
    (line,) = [line for line in log_lines(tmp_path) if line["event"] == "charge"]
    assert (line["reason"], line["rule"]) == ("InsufficientFunds", "poor")


def test_who_prefers_it_gets_everything_about_the_charge(tmp_path: Path) -> None:
    write(tmp_path)
    with a_service(tmp_path) as service, Caller(service.charges.number) as caller:
        answer = caller.ask(a_request(headers="Prefer: return=representation\r\n"))
        (booking,) = service.state.bookings(Filter(), 9)

    assert answer.json == {
        "result": "true",
        "charge_id": booking.charge_id,
        "attempt": 1,
        "reason": None,
        "duplicate_of": None,
    }
    assert answer.headers["preference-applied"] == "return=representation"


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
