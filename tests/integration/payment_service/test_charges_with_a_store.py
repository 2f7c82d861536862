"""Charge calls over two processes' worth of service that share a store, and without it."""

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from billing_dev.eventually import eventually
from billing_dev.local.redis_server import RedisServer
from payment_service.outcome.charges import Charge
from payment_service.outcome.outcome import Outcome, OutcomeInputs, decide_outcome
from payment_service.profile.document import Profile
from payment_service.service import Service
from payment_service.state.interface import Began
from payment_service.state.records import Filter
from support.cases import cases
from support.payment.service import Answer, Caller, a_charge, a_request, a_service, get, sample
from support.payment.state_makers import a_charge_of


@contextmanager
def a_replica(folder: Path, store: RedisServer, prefix: str, **changes: Any) -> Iterator[Service]:
    folder.mkdir()
    (folder / "profile.json").write_text(json.dumps({"successRate": 0.5}))
    with a_service(folder, **store.values(prefix), **changes) as service:
        yield service


def ask(service: Service, key: str | None = None) -> Answer:
    headers = "" if key is None else f"Idempotency-Key: {key}\r\n"
    with Caller(service.charges.number) as caller:
        return caller.ask(a_request(a_charge(), headers=headers))


def test_a_key_means_the_same_to_every_replica(
    tmp_path: Path, store: RedisServer, prefix: str
) -> None:
    with (
        a_replica(tmp_path / "a", store, prefix) as one,
        a_replica(tmp_path / "b", store, prefix) as other,
    ):
        first, again = ask(one, "k"), ask(other, "k")

        assert (again.status, again.body) == (200, first.body)
        assert again.headers["idempotent-replayed"] == "true"
        assert len(other.state.bookings(Filter(), 9)) == 1


def test_charges_alike_are_noticed_across_replicas(
    tmp_path: Path, store: RedisServer, prefix: str
) -> None:
    with (
        a_replica(tmp_path / "a", store, prefix) as one,
        a_replica(tmp_path / "b", store, prefix) as other,
    ):
        ask(one)
        second = ask(other)
        newest, oldest = one.state.bookings(Filter(), 9)

    assert second.headers["duplicate-of"] == oldest.charge_id
    assert newest.duplicate_of == oldest.charge_id


def test_what_one_replica_remembered_outlives_it(
    tmp_path: Path, store: RedisServer, prefix: str
) -> None:
    with a_replica(tmp_path / "a", store, prefix) as one:
        first = ask(one, "k")
    with a_replica(tmp_path / "b", store, prefix) as later:
        assert ask(later, "k").body == first.body
        assert len(later.state.bookings(Filter(), 9)) == 1


@pytest.mark.parametrize(
    ("lost", "status"), cases("with {0} the answer is {1}", [("Refuse", 503), ("Local", 200)])
)
def test_without_its_store_a_charge_is_answered_as_the_settings_say(
    tmp_path: Path, own_store: RedisServer, prefix: str, lost: str, status: int
) -> None:
    with a_replica(tmp_path / "a", own_store, prefix, store_failure_policy=lost) as service:
        assert ask(service).status == 200
        own_store.kill()

        began = time.monotonic()
        answer = ask(service, "k")
        assert time.monotonic() - began < 2
        assert answer.status == status
        assert "result" in answer.json
        if status == 503:
            assert answer.headers["retry-after"] == "1"
            assert "nothing is known about this charge" in answer.json["error"]
        page = get(service.ops.number, "/metrics").body
        scope = {"Refuse": "lost", "Local": "local"}[lost]
        assert sample(page, f'payment_state_info{{scope="{scope}"}}') == 1
        assert get(service.ops.number, "/readyz").status == 200


def test_a_limit_that_is_loosened_by_a_new_file_holds_at_once(
    tmp_path: Path, store: RedisServer, prefix: str
) -> None:
    with a_replica(tmp_path / "a", store, prefix) as service:
        limit(service, tmp_path / "a", 0.05)
        assert [ask(service).status for _ in range(2)] == [200, 429]

        limit(service, tmp_path / "a", 1000)

        eventually(lambda: ask(service).status == 200, within=5)


def limit(service: Service, folder: Path, per_second: float) -> None:
    before = service.mounted.profile.generation
    profile = {"successRate": 1, "limits": {"perSecond": per_second}}
    (folder / "profile.json").write_text(json.dumps(profile))
    eventually(lambda: service.mounted.profile.generation > before, within=5)


def test_a_service_that_has_ended_holds_no_connection_to_its_store(
    tmp_path: Path, own_store: RedisServer
) -> None:
    with a_replica(tmp_path / "a", own_store, "p") as service:
        ask(service)

    watching = own_store.store()
    try:
        assert len(watching.ask(lambda redis: redis.client_list())) == 1
    finally:
        watching.close()


def test_a_charge_that_was_away_until_another_took_its_key_is_not_made(
    tmp_path: Path, store: RedisServer, prefix: str
) -> None:
    began = []

    def taken_meanwhile(
        profile: Profile, charge: Charge, attempt: int, inputs: OutcomeInputs
    ) -> Outcome:
        # What another replica does half a minute later.
        later = store.shared(prefix, now=lambda: time.time() + 31)
        began.append(later.begin("k", charge.fingerprint, "another"))
        later.close()
        return decide_outcome(profile, charge, attempt, inputs)

    with a_replica(tmp_path / "a", store, prefix, decide=taken_meanwhile) as service:
        late = ask(service, "k")

        assert began == [Began.FRESH]
        assert (late.status, late.json["result"]) == (503, "false")
        assert "was not made" in late.json["error"]
        assert service.state.bookings(Filter(), 9) == []
        assert service.state.begin("k", a_charge_of(value="181.62").fingerprint) is Began.IN_FLIGHT
