"""What goes wrong with a reply because the profile asks for it, over a real socket."""

import json
import time
from pathlib import Path

import pytest

from billing_dev.eventually import eventually
from payment_service.outcome.outcome import Outcome
from payment_service.service import Service
from payment_service.state.records import Filter
from support.cases import cases
from support.payment.service import (
    Caller,
    a_charge,
    a_request,
    a_service,
    an_outcome,
    get,
    log_lines,
    sample,
)

THREADS = 2


def write(folder: Path, **profile: object) -> None:
    (folder / "profile.json").write_text(json.dumps({"successRate": 1, **profile}))


def a_fault(**fault: object) -> dict[str, object]:
    return {"faults": [{"name": "trouble", "fault": fault}]}


def counted(service: Service) -> int:
    return len(service.state.bookings(Filter(), 100))


@pytest.mark.parametrize(
    "code", cases("the status is {0}", [400, 401, 403, 409, 429, 500, 502, 503, 504])
)
def test_a_status_is_answered_with_a_result_and_when_to_come_again(
    tmp_path: Path, code: int
) -> None:
    write(tmp_path, **a_fault(status={"code": code, "retryAfterSeconds": 7}))
    with a_service(tmp_path) as service, Caller(service.charges.number) as caller:
        answer = caller.ask(a_request())

        assert (answer.status, answer.headers["retry-after"]) == (code, "7")
        assert answer.json["result"] == "false"
        assert "trouble" in answer.json["error"]
        assert counted(service) == 0


@pytest.mark.parametrize(
    "charged", [False, True], ids=["the charge was not made", "the charge was made"]
)
def test_a_fault_says_whether_the_charge_was_made(tmp_path: Path, *, charged: bool) -> None:
    write(tmp_path, **a_fault(charged=charged, status={"code": 500}))
    with a_service(tmp_path) as service, Caller(service.charges.number) as caller:
        assert caller.ask(a_request()).status == 500

        assert counted(service) == charged
        page = get(service.ops.number, "/metrics").body
    words = str(charged).lower()
    faults = f'payment_faults_injected_total{{charged="{words}",kind="Status500"}}'
    assert sample(page, faults) == 1
    (line,) = [line for line in log_lines(tmp_path) if line["event"] == "charge"]
    assert line["outcome"] == ("accepted" if charged else "failed")
    assert (line["fault"], line["status"]) == ("trouble", 500)
    assert (line["charge_id"] is not None) == charged


def test_an_empty_reply_is_a_closed_connection(tmp_path: Path) -> None:
    write(tmp_path, **a_fault(charged=True, connection={"reply": "Empty"}))
    with a_service(tmp_path) as service, Caller(service.charges.number) as caller:
        caller.send(a_request())

        assert caller.closed()
        assert counted(service) == 1


def test_a_reset_is_a_reset(tmp_path: Path) -> None:
    write(tmp_path, **a_fault(connection={"reply": "Reset"}))
    with a_service(tmp_path) as service, Caller(service.charges.number) as caller:
        caller.send(a_request())

        with pytest.raises(ConnectionResetError):
            caller.answer()


def test_a_truncated_reply_ends_before_its_length(tmp_path: Path) -> None:
    write(tmp_path, **a_fault(connection={"reply": "Truncated"}))
    with a_service(tmp_path) as service, Caller(service.charges.number) as caller:
        caller.send(a_request())

        with pytest.raises(AssertionError, match="the connection ended"):
            caller.answer()


def test_garbage_is_no_http(tmp_path: Path) -> None:
    write(tmp_path, **a_fault(connection={"reply": "Garbage"}))
    with a_service(tmp_path) as service, Caller(service.charges.number) as caller:
        caller.send(a_request())

        assert not caller.socket.recv(100).startswith(b"HTTP")


@pytest.mark.parametrize(
    ("reply", "status"),
    cases(
        "a reply that is {0} has the status {1}",
        [("Empty", None), ("Reset", None), ("Garbage", None), ("Never", None), ("Truncated", 200)],
    ),
)
@pytest.mark.parametrize("charged", [False, True], ids=["nothing charged", "charged anyhow"])
def test_a_call_without_an_answer_has_no_status_on_record(
    tmp_path: Path, reply: str, status: int | None, *, charged: bool
) -> None:
    write(tmp_path, **a_fault(charged=charged, connection={"reply": reply}))
    with a_service(tmp_path) as service, Caller(service.charges.number) as caller:
        caller.send(a_request())
        (entry,) = eventually(lambda: service.state.journal(Filter(), 9), within=5)
        if status is not None and not charged:
            status = 500

        assert (entry.status, entry.fault) == (status, "trouble")
        assert service.state.count(Filter(status=status or 200)) == (status is not None)
    (line,) = [line for line in log_lines(tmp_path) if line["event"] == "charge"]
    assert line["status"] == status


def test_latency_is_on_the_way_back_and_the_charge_counts_when_it_arrives(tmp_path: Path) -> None:
    write(tmp_path, latency={"fixed": {"seconds": 0.4}})
    with a_service(tmp_path) as service, Caller(service.charges.number) as caller:
        began = time.monotonic()
        caller.send(a_request())
        eventually(lambda: counted(service) == 1, within=0.35)

        assert caller.answer().json == {"result": "true"}
        assert time.monotonic() - began >= 0.4


def test_deferred_and_broken_replies_hold_up_no_other_charge_and_no_probe(
    tmp_path: Path,
) -> None:
    slow = [
        {"name": "held", "match": {"customers": [2]}, "fault": {"connection": {"reply": "Never"}}},
        {"name": "slow", "match": {"customers": [3]}, "fault": {"slowBody": {"seconds": 30}}},
        {"name": "cut", "match": {"customers": [4]}, "fault": {"connection": {"reply": "Empty"}}},
    ]
    write(tmp_path, faults=slow)
    with a_service(tmp_path, threads=THREADS) as service:
        callers = [Caller(service.charges.number) for _ in range(6 * THREADS)]
        for number, caller in enumerate(callers):
            caller.send(a_request(a_charge(customer_id=2 + number % 3)))
        eventually(lambda: service.charges.deferred() == 4 * THREADS, within=5)

        began = time.monotonic()
        with Caller(service.charges.number) as another:
            assert another.ask(a_request()).json == {"result": "true"}
        for path in ("/livez", "/readyz", "/metrics"):
            assert get(service.ops.number, path, timeout=1).status == 200
        assert time.monotonic() - began < 1
        for caller in callers:
            caller.socket.close()


def test_one_reply_too_many_to_defer_is_refused_before_anything_is_charged(tmp_path: Path) -> None:
    write(tmp_path, latency={"fixed": {"seconds": 30}})
    with a_service(tmp_path, deferred_replies=1) as service:
        with Caller(service.charges.number) as deferred, Caller(service.charges.number) as caller:
            deferred.send(a_request())
            eventually(lambda: service.charges.deferred() == 1, within=5)
            answer = caller.ask(a_request(a_charge(customer_id=9)))

        assert (answer.status, answer.headers["retry-after"]) == (503, "1")
        assert [booking.customer_id for booking in service.state.bookings(Filter(), 9)] == [1]


def test_only_so_many_calls_a_second_are_taken(tmp_path: Path) -> None:
    write(tmp_path, limits={"perSecond": 0.01, "burst": 2, "retryAfterSeconds": 3})
    with a_service(tmp_path) as service, Caller(service.charges.number) as caller:
        answers = [caller.ask(a_request(a_charge(value=value))) for value in (1, 2, 3)]

        assert [answer.status for answer in answers] == [200, 200, 429]
        assert 90 <= int(answers[2].headers["retry-after"]) <= 100
        assert counted(service) == 2


def test_a_limit_that_is_loosened_by_a_new_file_holds_at_once(tmp_path: Path) -> None:
    write(tmp_path, limits={"perSecond": 0.05})
    with a_service(tmp_path) as service, Caller(service.charges.number) as caller:
        assert [caller.ask(a_request()).status for _ in range(2)] == [200, 429]

        write(tmp_path, limits={"perSecond": 1000})
        eventually(lambda: service.mounted.profile.generation == 2, within=5)

        eventually(lambda: caller.ask(a_request()).status == 200, within=5)


def test_only_so_many_calls_are_taken_at_once_until_a_reply_has_left(tmp_path: Path) -> None:
    write(tmp_path, limits={"concurrent": 1}, latency={"fixed": {"seconds": 0.5}})
    with (
        a_service(tmp_path) as service,
        Caller(service.charges.number) as first,
        Caller(service.charges.number) as second,
    ):
        first.send(a_request())
        eventually(lambda: service.charges.deferred() == 1, within=5)
        assert second.ask(a_request(a_charge(value=2))).status == 429

        assert first.answer().status == 200
        assert second.ask(a_request(a_charge(value=3))).status == 200


def test_calls_one_after_another_are_never_too_many_at_once(tmp_path: Path) -> None:
    trouble = {"name": "trouble", "times": 1, "fault": {"status": {"code": 503}}}
    write(tmp_path, limits={"concurrent": 1}, faults=[trouble])
    with a_service(tmp_path) as service, Caller(service.charges.number) as caller:
        statuses = [caller.ask(a_request(a_charge(value=value))).status for value in (1, 2, 3)]

    assert statuses == [503, 200, 200]


def test_a_charge_that_waits_for_nothing_needs_no_place_among_the_deferred(tmp_path: Path) -> None:
    never = {"connection": {"reply": "Never"}}
    write(tmp_path, faults=[{"name": "mute", "match": {"customers": [2]}, "fault": never}])
    with (
        a_service(tmp_path, deferred_replies=1) as service,
        Caller(service.charges.number) as deferred,
        Caller(service.charges.number) as caller,
    ):
        deferred.send(a_request(a_charge(customer_id=2)))
        eventually(lambda: service.charges.deferred() == 1, within=5)

        assert caller.ask(a_request()).status == 200


def test_a_call_that_the_service_failed_at_is_no_longer_in_flight(tmp_path: Path) -> None:
    left = iter([ZeroDivisionError()])

    def fails_once(*_: object) -> Outcome:
        for error in left:
            raise error
        return an_outcome()

    write(tmp_path, limits={"concurrent": 1})
    with a_service(tmp_path, decide=fails_once) as service, Caller(service.charges.number) as one:
        headers = "Idempotency-Key: k\r\n"
        answers = [one.ask(a_request(headers=headers)) for _ in range(2)]

    assert [answer.status for answer in answers] == [500, 200]


def test_a_caller_that_hangs_up_makes_room_for_another(tmp_path: Path) -> None:
    write(tmp_path, limits={"concurrent": 1}, latency={"fixed": {"seconds": 50}})
    with a_service(tmp_path) as service:
        with Caller(service.charges.number) as gone:
            gone.send(a_request())
            eventually(lambda: service.charges.deferred() == 1, within=5)
        eventually(lambda: service.charges.deferred() == 0, within=5)
        (tmp_path / "profile.json").write_text('{"successRate": 1, "limits": {"concurrent": 1}}')
        eventually(lambda: service.mounted.profile.generation == 2, within=5)

        with Caller(service.charges.number) as caller:
            assert caller.ask(a_request(a_charge(value=2))).status == 200


def test_n_failures_then_fine(tmp_path: Path) -> None:
    fault = {"name": "start", "times": 2, "fault": {"status": {"code": 503}}}
    write(tmp_path, faults=[fault])
    with a_service(tmp_path) as service, Caller(service.charges.number) as caller:
        statuses = [caller.ask(a_request()).status for _ in range(4)]

    assert statuses == [503, 503, 200, 200]


def test_refused_calls_and_broken_input_are_in_the_journal_without_a_token(tmp_path: Path) -> None:
    with a_service(tmp_path) as service, Caller(service.charges.number) as caller:
        caller.ask(a_request(token="guess"))
        caller.ask(a_request(b"{}"))

        entries = service.state.journal(Filter(), 9)
    assert [(entry.status, entry.reason) for entry in entries] == [(400, "Body"), (403, "Token")]
    assert "guess" not in repr(entries)
