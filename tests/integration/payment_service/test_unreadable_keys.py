"""Counts, duplicates and answers of the store that another version wrote, or nobody did."""

from pathlib import Path
from typing import Any

import pytest

from billing_dev.eventually import eventually
from billing_dev.local.redis_server import RedisServer
from integration.payment_service.other_version import CHARGE, NO_ENTRIES, ODD_SHAPES, SEEN, Scene
from payment_service.cashier.records import Reason
from payment_service.state.records import Filter
from support.cases import cases
from support.payment.control import a_controlled_service
from support.payment.service import get
from support.payment.state_makers import KEPT, a_charge_of

# Counts and charges alike


@pytest.mark.parametrize(
    "value", cases("the number is {0}", [b"", b"many", b"-7", b"1.5", b"9" * 18, b"9" * 30])
)
def test_a_number_that_is_none_begins_anew(scene: Scene, value: bytes) -> None:
    for name, field in (("attempts", CHARGE), ("hits", "rule r")):
        scene.put(name, field, value)
    for field in ("used", "forgotten", "full_at"):
        scene.put("numbers", field, value)

    assert [scene.ask().json["attempt"] for _ in range(2)] == [1, 2]
    assert [scene.service.state.hit("rule r") for _ in range(2)] == [1, 2]
    assert scene.service.state.wait_seconds(1, 1) <= 1
    assert scene.skipped("attempts") == scene.skipped("hits") == 1
    assert scene.well()


def test_a_ledger_of_which_nobody_knows_how_much_it_forgot_says_that_it_did(scene: Scene) -> None:
    scene.put("numbers", "forgotten", b"some")
    assert scene.control.get("/v1/ledger")["forgotten"] == 1


def test_what_was_used_last_stays_the_last_where_the_count_of_that_begins_anew(
    store: RedisServer, prefix: str
) -> None:
    state = store.shared(prefix, KEPT)
    for customer in (1, 2, 3):
        state.next_attempt(a_charge_of(customer))
    store.order("HSET", f"{{{prefix}}}:numbers", "used", "many")

    assert [state.next_attempt(a_charge_of(customer)) for customer in (3, 4, 3, 1)] == [2, 1, 3, 1]


FIRST = {"id": "a", "time": 1e9}


@pytest.mark.parametrize(
    "value",
    cases(
        "what stands there is {0}",
        [
            *NO_ENTRIES,
            *ODD_SHAPES,
            [{"id": "a"}],
            [{"time": 5}],
            [{"id": 1, "time": 4e9}],
            [{"id": "a", "time": "now"}],
            [{"id": "a", "time": 4e9, "outcome": "maybe"}],
            [{"id": "a", "time": 4e9, "reason": 5}],
            [{"id": "a\r\nX-Forged: 1", "time": 4e9}],
            [{"id": "\u00e4", "time": 4e9}],
            [FIRST, FIRST, FIRST],
            [FIRST, "more"],
            # A map, as the script writes it: the charge as 1, and whether any was accepted.
            b"\x82\x01\x82\xa2id\xa1a\xa4time\x05\xa8accepted\xa5often",
        ],
    ),
)
def test_a_charge_alike_that_cannot_be_read_is_none(scene: Scene, value: Any) -> None:
    scene.put("alike", CHARGE, value)

    first = scene.ask()

    assert first.status == 200
    assert first.json["duplicate_of"] is None
    assert scene.skipped("alike") == 1
    assert scene.well()


# Answers

HELD = {"fingerprint": CHARGE, "expires": 4e9}
ODD_ANSWERS = [
    *NO_ENTRIES,
    *ODD_SHAPES,
    HELD,
    {**HELD, "owner": "x", "reply": {"status": 200}},
    {**HELD, "owner": 5},
    {**HELD, "expires": "soon", "owner": "x"},
    {**HELD, "fingerprint": 5, "owner": "x"},
    {"expires": 1, "fingerprint": CHARGE},
    {**HELD, "life": "long", "owner": "x"},
    *({**HELD, "answer": odd} for odd in (5, "", "{}", "[]", "[200]", '[200,"x"]', "[200,5,[]]")),
    *({**HELD, "answer": f'[{status},"",[]]'} for status in ("99", "299", "600", '"200"', "true")),
    *({**HELD, "answer": f'[200,"",[[{header}]]]'} for header in ('"a"', '"a",1', '"a","\\r\\nb"')),
    {**HELD, "answer": '[200,"\\u0100",[]]'},
]


@pytest.mark.parametrize("value", cases("under the key is {0}", ODD_ANSWERS))
def test_a_key_whose_entry_cannot_be_read_is_never_charged(scene: Scene, value: Any) -> None:
    scene.put("answers", "k", value)

    for _ in range(2):
        answer = scene.ask("Idempotency-Key: k\r\n")
        assert (answer.status, answer.json["result"]) == (503, "false")
        assert answer.json["code"] == Reason.KEY_UNREADABLE
        assert "was written by another version" in answer.json["error"]
    assert scene.service.state.bookings(Filter(), 9) == []
    assert scene.skipped("answers") == 1
    assert scene.ask("Idempotency-Key: another\r\n").status == 200
    assert scene.well()


def test_a_key_whose_entry_cannot_be_read_is_not_charged_by_a_process_alone_either(
    tmp_path: Path, own_store: RedisServer
) -> None:
    values = {**own_store.values("payment"), "store_failure_policy": "Local"}
    with a_controlled_service(tmp_path, **values) as (service, control):
        scene = Scene(service, control, own_store, "payment")
        scene.put("answers", "k", b"of another version")

        assert scene.ask("Idempotency-Key: k\r\n").status == 503
        assert scene.well()


def test_an_answer_of_the_version_before_is_repeated(scene: Scene) -> None:
    scene.put("answers", "k", {**HELD, "answer": '[200,"{\\"result\\":\\"true\\"}",[]]'})
    scene.put("answers", "l", {**HELD, "owner": "x"})

    answer = scene.ask("Idempotency-Key: k\r\n")
    assert (answer.status, answer.body) == (200, b'{"result":"true"}')
    assert answer.headers["idempotent-replayed"] == "true"
    assert scene.ask("Idempotency-Key: l\r\n").status == 409


# Whole keys


@pytest.mark.parametrize(
    "name",
    cases(
        "somebody wrote a text over {0}",
        [
            *("numbers", "attempts", "attempts_order", "hits", "hits_order", "answers"),
            *("answers_order", "alike", "alike_order", "totals", "totals_order", "bookings"),
            *("journal", "faults"),
        ],
    ),
)
def test_a_key_that_holds_something_else_is_named(scene: Scene, name: str) -> None:
    scene.store.order("SET", scene.key(name), "a text")
    named = f"its key {scene.key(name)} is a string, which nothing of this service wrote"

    answer = eventually(scene.ask, lambda told: named in told.json.get("error", ""), within=SEEN)
    assert answer.status == 503
    refused = scene.control.ask("GET", "/v1/ledger")
    assert (refused.status, named in refused.json["detail"]) == (503, True)
    assert get(scene.service.ops.number, "/livez").status == 200

    scene.store.order("DEL", scene.key(name))
    eventually(lambda: scene.ask().status == 200, within=SEEN)
    assert scene.well()
