"""Faults and profiles that a person sets while the service runs."""

import json
import time
from datetime import datetime
from pathlib import Path

import pytest

from billing_dev.eventually import eventually
from payment_service.state.values import Kept
from support.cases import cases
from support.payment.control import Control, a_controlled_service
from support.payment.service import Caller, a_request, get, log_lines, sample

SEEN = 1.0  # within which a change is in effect everywhere


def statuses(port: int, count: int = 1) -> list[int]:
    with Caller(port) as caller:
        return [caller.ask(a_request()).status for _ in range(count)]


def test_a_fault_is_in_effect_as_soon_as_it_is_set_and_gone_by_itself(tmp_path: Path) -> None:
    with a_controlled_service(tmp_path) as (service, control):
        port = service.charges.number
        answer = control.put_fault("outage", seconds=0.6)
        assert answer.status == 200
        assert statuses(port) == [503]
        assert sample(get(service.ops.number, "/metrics").body, "payment_faults_set") == 1

        eventually(lambda: statuses(port) == [200], within=0.6 + SEEN)
        assert control.get("/v1/faults")["faults"] == []


def test_a_fault_that_is_dropped_is_gone_at_once(tmp_path: Path) -> None:
    with a_controlled_service(tmp_path) as (service, control):
        control.put_fault("outage")

        assert control.ask("DELETE", "/v1/faults/outage").status == 200

        assert statuses(service.charges.number) == [200]
        assert control.ask("DELETE", "/v1/faults/outage").status == 404


def test_a_fault_that_is_set_again_counts_its_calls_anew(tmp_path: Path) -> None:
    with a_controlled_service(tmp_path) as (service, control):
        port = service.charges.number
        for _ in range(2):
            control.put_fault("two", times=2)
            assert statuses(port, 3) == [503, 503, 200]


def test_a_fault_meets_only_the_charges_that_it_matches(tmp_path: Path) -> None:
    with (
        a_controlled_service(tmp_path) as (service, control),
        Caller(service.charges.number) as caller,
    ):
        control.put_fault("two", match={"customers": [2]}, fault={"status": {"code": 500}})

        body = b'{"customer_id":%d,"currency":"USD","value":1}'
        assert [caller.ask(a_request(body % customer)).status for customer in (1, 2)] == [200, 500]


def test_the_faults_that_are_set_are_shown_with_the_time_of_their_end(tmp_path: Path) -> None:
    with a_controlled_service(tmp_path) as (_, control):
        control.put_fault("outage", rate=0.5)

        document = control.get("/v1/faults")

    assert document["scope"] == "process"
    (fault,) = document["faults"]
    assert datetime.fromisoformat(fault["expires"]).tzinfo is not None
    assert fault["entry"] == {
        "name": "outage",
        "match": {},
        "skip": 0,
        "rate": 0.5,
        "fault": {"charged": False, "status": {"code": 503}},
    }


def test_a_fault_of_which_no_end_is_said_is_gone_after_a_minute(tmp_path: Path) -> None:
    with a_controlled_service(tmp_path) as (_, control):
        before = time.time()
        (fault,) = control.put_fault("outage").json["faults"]
        after = time.time()

    expires = datetime.fromisoformat(fault["expires"]).timestamp()
    assert before - 0.001 <= expires - 60 <= after


def test_every_mistake_of_a_fault_is_told_with_its_field(tmp_path: Path) -> None:
    with a_controlled_service(tmp_path) as (_, control):
        order = {"fault": {"status": {"code": 200}}, "seconds": 0, "what": 1}
        answer = control.ask("PUT", "/v1/faults/outage", order)

    assert answer.status == 400
    assert answer.headers["content-type"] == "application/problem+json"
    assert [error["field"] for error in answer.json["errors"]] == [
        "fault.status.code",
        "seconds",
        "what",
    ]
    assert "at most 2592000" in answer.json["errors"][1]["detail"]


@pytest.mark.parametrize(
    "name", cases("the name is {0}", ["Outage", "a%20b", "-a", "x" * 64, "%00"])
)
def test_a_name_that_is_none_is_refused(tmp_path: Path, name: str) -> None:
    with a_controlled_service(tmp_path) as (_, control):
        answer = control.put_fault(name)

        assert answer.status == 400
        assert [error["field"] for error in answer.json["errors"]] == ["name"]
        assert control.get("/v1/faults")["faults"] == []


def test_one_fault_too_many_is_refused(tmp_path: Path) -> None:
    with a_controlled_service(tmp_path) as (service, control):
        for number in range(Kept().faults):
            service.state.set_fault(f"f{number}", "{}", None)

        assert control.put_fault("one-more").status == 409


def test_a_fault_that_this_version_does_not_know_is_left_out(tmp_path: Path) -> None:
    with a_controlled_service(tmp_path) as (service, control):
        service.state.set_fault("newer", '{"name": "newer", "fault": {"earthquake": {}}}', None)
        control.put_fault("outage")

        names = [fault["entry"]["name"] for fault in control.get("/v1/faults")["faults"]]
        assert names == ["outage"]
        assert len(control.get("/v1/profile")["faults"]) == 1


def test_a_profile_that_is_put_holds_at_once_until_it_is_taken_back(tmp_path: Path) -> None:
    with a_controlled_service(tmp_path) as (service, control):
        before = control.get("/v1/profile")
        assert (before["source"], before["profile"]["successRate"]) == ("file", 1)

        put = control.ask("PUT", "/v1/profile", {"successRate": 0})

        assert put.json == control.get("/v1/profile")
        assert put.json["source"] == "control"
        assert result(service.charges.number) == "false"
        page = get(service.ops.number, "/metrics").body
        assert sample(page, "payment_profile_replaced") == 1
        assert sample(page, "payment_profile_generation") == 1
        assert control.ask("DELETE", "/v1/profile").json == before
        assert result(service.charges.number) == "true"
    profile = [line["event"] for line in log_lines(tmp_path)]
    assert [event for event in profile if event.startswith("profile_")] == [
        "profile_replaced",
        "profile_restored",
    ]


def test_what_is_shown_of_a_profile_can_be_put_again(tmp_path: Path) -> None:
    with a_controlled_service(tmp_path) as (_, control):
        rule = {"name": "lost", "fault": {"connection": {"reply": "Reset"}}, "match": {}}
        first = control.ask("PUT", "/v1/profile", {"successRate": 0.5, "rules": [rule]}).json
        control.put_fault("outage")

        second = control.ask("PUT", "/v1/profile", control.get("/v1/profile")["profile"]).json

    assert second["profile"] == first["profile"]
    assert [fault["entry"]["name"] for fault in second["faults"]] == ["outage"]


def test_every_mistake_of_a_profile_is_told_and_the_old_one_stays(tmp_path: Path) -> None:
    with a_controlled_service(tmp_path) as (_, control):
        bad = {"successRate": 2, "rules": [{"name": "a"}]}
        answer = control.ask("PUT", "/v1/profile", bad)

        assert answer.json["errors"] == [
            {"field": "successRate", "detail": "2 is not a number from 0 to 1"},
            {
                "field": "rules[0]",
                "detail": "has none of them; "
                "there must be exactly one of accept, decline and fault",
            },
        ]
        assert answer.json["title"] == "Bad Request"
        assert control.get("/v1/profile")["source"] == "file"


@pytest.mark.parametrize(
    "raw", cases("the body is {0}", [b"", b"{", b"[]", b'{"a": NaN}', b"\xff"])
)
def test_what_is_no_json_object_is_a_mistake_of_the_whole(tmp_path: Path, raw: bytes) -> None:
    with a_controlled_service(tmp_path) as (_, control):
        answer = control.ask("PUT", "/v1/profile", raw=raw)

    assert answer.status == 400
    assert [error["field"] for error in answer.json["errors"]] == [""]


def test_a_reset_forgets_charges_and_faults_and_goes_back_to_the_file(tmp_path: Path) -> None:
    with a_controlled_service(tmp_path) as (service, control):
        statuses(service.charges.number)
        control.put_fault("outage")
        control.ask("PUT", "/v1/profile", {"successRate": 0})

        assert control.ask("POST", "/v1/reset").json == {"scope": "process"}

        document = control.get("/v1/profile")
        assert (document["source"], document["faults"]) == ("file", [])
        assert control.get("/v1/ledger")["totals"] == []
        assert control.get("/v1/journal/count")["count"] == 0
        assert statuses(service.charges.number) == [200]


def result(port: int) -> str:
    with Caller(port) as caller:
        return str(json.loads(caller.ask(a_request()).body)["result"])


def test_probes_and_the_page_of_metrics_meet_no_fault(tmp_path: Path) -> None:
    with a_controlled_service(tmp_path) as (service, control):
        control.put_fault("outage", fault={"connection": {"reply": "Never"}})

        for path in ("/livez", "/readyz", "/metrics"):
            assert get(service.ops.number, path).status == 200
        for path in ("/health", "/ping"):
            assert get(service.charges.number, path).status == 200
        assert Control(control.port).get("/v1/profile")["faults"]
