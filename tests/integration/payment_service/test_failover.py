"""A store that fails over behind one address, as a Service that follows the master has it."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from billing_dev.eventually import eventually
from billing_dev.local.redis_server import RedisServer
from integration.payment_service.balancer import Balancer, balanced
from payment_service.service import Service
from payment_service.state.interface import StoreLostError
from payment_service.state.records import Filter
from payment_service.text.store_address import StoreAddress
from support.cluster.limits import NOTICED
from support.payment.service import Answer, Caller, a_charge, a_request, a_service, get

IN_FULL = "Prefer: return=representation\r\n"


@dataclass(frozen=True)
class Pair:
    """Two servers, the second a copy of the first, and one address that leads to the first.

    Connections that are open stay where they are when it leads to the other one.
    """

    first: RedisServer
    second: RedisServer
    switch: Balancer

    def demote_the_first(self) -> None:
        """Makes a master of the second and a replica of the first; the address stays."""
        eventually(self._copied, within=NOTICED)
        self.second.order("REPLICAOF", "NO", "ONE")
        self.first.order("REPLICAOF", "127.0.0.1", self.second.port)

    def _copied(self) -> bool:
        copied = self.second.order("INFO", "replication")["slave_repl_offset"]
        return bool(copied == self.first.order("INFO", "replication")["master_repl_offset"])

    def lead_to_the_second(self) -> None:
        self.switch.ports[:] = [self.second.port]

    def connections_to_the_first(self) -> int:
        """How many it has, without that which asks."""
        return len(self.first.order("CLIENT LIST", "TYPE", "normal")) - 1


@pytest.fixture
def pair(tmp_path: Path) -> Iterator[Pair]:
    with (
        RedisServer(tmp_path / "first") as first,
        RedisServer(tmp_path / "second", replica_of=first) as second,
        balanced(first.port) as switch,
    ):
        eventually(lambda: second.order("INFO")["master_link_status"] == "up", within=NOTICED)
        yield Pair(first, second, switch)


@contextmanager
def a_service_at(pair: Pair, folder: Path, **changes: Any) -> Iterator[Service]:
    (folder / "profile.json").write_text('{"successRate": 1}')
    store = {**pair.first.values("p"), "store_url": StoreAddress("127.0.0.1", pair.switch.port)}
    with a_service(folder, **store, **changes) as service:
        yield service


def ask(service: Service) -> Answer:
    with Caller(service.charges.number) as caller:
        return caller.ask(a_request(a_charge(), headers=IN_FULL))


def says(service: Service, scope: str) -> bool:
    """Whether its metrics name that scope."""
    page = get(service.ops.number, "/metrics").body
    return f'payment_state_info{{scope="{scope}"}} 1.0'.encode() in page


def refused_at_the_first(pair: Pair) -> int:
    """How many writes it refused as a replica."""
    return int(pair.first.order("INFO", "errorstats")["errorstat_READONLY"]["count"])


def test_charges_go_on_at_the_new_master_and_count_on_from_what_it_knows(
    tmp_path: Path, pair: Pair
) -> None:
    with a_service_at(pair, tmp_path) as service:
        assert [ask(service).json["attempt"] for _ in range(3)] == [1, 2, 3]

        pair.demote_the_first()
        pair.lead_to_the_second()

        first_refusal = ask(service)
        assert (first_refusal.status, first_refusal.json["result"]) == (503, "false")
        accepted = eventually(lambda: ask(service), lambda told: told.status == 200, within=NOTICED)
        assert accepted.json["attempt"] == 4
        assert says(service, "store")
        assert len(service.state.bookings(Filter(), 99)) == 4
        eventually(pair.connections_to_the_first, lambda count: count == 0, within=NOTICED)


def test_who_goes_on_per_process_comes_back_to_the_store_at_the_new_master(
    tmp_path: Path, pair: Pair
) -> None:
    with a_service_at(pair, tmp_path, store_failure_policy="Local") as service:
        assert [ask(service).json["attempt"] for _ in range(3)] == [1, 2, 3]

        pair.demote_the_first()
        assert ask(service).json["attempt"] == 1
        assert says(service, "local")
        pair.lead_to_the_second()

        eventually(lambda: says(service, "store"), within=NOTICED)
        assert ask(service).json["attempt"] == 4


def test_a_replica_in_the_place_of_the_store_is_never_taken_for_it(
    tmp_path: Path, pair: Pair
) -> None:
    with a_service_at(pair, tmp_path) as service:
        assert ask(service).status == 200
        pair.demote_the_first()

        refusal = eventually(lambda: ask(service), lambda told: told.status == 503, within=NOTICED)
        assert "is lost: ReadOnlyError: it is a replica" in refusal.json["error"]
        before = refused_at_the_first(pair)

        def tried_thrice() -> bool:
            # To read of it is no reason to take it for the store either.
            with suppress(StoreLostError):
                service.state.journal(Filter(), 1)
            assert says(service, "lost")
            assert ask(service).status == 503
            return refused_at_the_first(pair) >= before + 3

        eventually(tried_thrice, within=NOTICED)
        pair.lead_to_the_second()
        eventually(lambda: ask(service), lambda told: told.status == 200, within=NOTICED)


def test_faults_and_keys_of_before_hold_at_the_new_master(tmp_path: Path, pair: Pair) -> None:
    with a_service_at(pair, tmp_path) as service, Caller(service.charges.number) as caller:
        keyed = a_request(a_charge(), headers="Idempotency-Key: k\r\n")
        first = caller.ask(keyed)
        service.state.set_fault("outage", '{"name":"outage","fault":{"status":{"code":500}}}', None)

        pair.demote_the_first()
        pair.lead_to_the_second()

        again = eventually(
            lambda: caller.ask(keyed), lambda told: told.status != 503, within=NOTICED
        )
        assert (again.body, again.headers["idempotent-replayed"]) == (first.body, "true")
        eventually(lambda: ask(service).status, lambda status: status == 500, within=NOTICED)
