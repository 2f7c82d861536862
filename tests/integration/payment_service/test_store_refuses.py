"""A store that answers, and says that it cannot be used: not here, not now, not you."""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from billing_dev.cluster.debian_program import REDIS
from billing_dev.eventually import eventually
from billing_dev.local.redis_server import RedisServer
from billing_dev.ports import free_port
from payment_service.service import Service
from payment_service.state.interface import StoreLostError
from payment_service.state.records import Filter
from payment_service.text.store_address import StoreAddress
from support.cases import cases
from support.cluster.limits import NOTICED
from support.payment.service import Answer, Caller, a_charge, a_request, a_service, get

IN_FULL = "Prefer: return=representation\r\n"
CLUSTER = "it is a node of a Redis Cluster, which is not supported"

Orders = tuple[tuple[str | int, ...], ...]


class Refusal(NamedTuple):
    """What a server is told so that it refuses, in which words that is passed on, and the cure."""

    orders: Orders
    told: str
    cure: Orders


NOBODY = ("REPLICAOF", "127.0.0.1", 1)
ALONE = ("REPLICAOF", "NO", "ONE")
REFUSALS = {
    "a replica": Refusal((NOBODY,), "ReadOnlyError: it is a replica", (ALONE,)),
    "a replica that lost its master": Refusal(
        (("CONFIG SET", "replica-serve-stale-data", "no"), NOBODY),
        "MasterDownError: it is a replica without its master",
        (ALONE,),
    ),
    "a server that is full": Refusal(
        (("CONFIG SET", "maxmemory", 1),),
        "OutOfMemoryError: its memory is full",
        (("CONFIG SET", "maxmemory", 0),),
    ),
    "a master without enough replicas": Refusal(
        (("CONFIG SET", "min-replicas-to-write", 1),),
        "ResponseError NOREPLICAS",
        (("CONFIG SET", "min-replicas-to-write", 0),),
    ),
    "a server that cannot save": Refusal(
        (("CONFIG SET", "save", "1 1"), ("BGSAVE",)),
        "ResponseError MISCONF",
        (("CONFIG SET", "stop-writes-on-bgsave-error", "no"),),
    ),
    "a server that allows no scripts": Refusal(
        (("ACL SETUSER", "default", "-evalsha"),),
        "NoPermissionError",
        (("ACL SETUSER", "default", "+evalsha"),),
    ),
}


@contextmanager
def a_service_with(store: RedisServer, folder: Path, **changes: Any) -> Iterator[Service]:
    folder.mkdir()
    (folder / "profile.json").write_text('{"successRate": 1}')
    with a_service(folder, **{**store.values("p"), **changes}) as service:
        yield service


def ask(service: Service) -> Answer:
    with Caller(service.charges.number) as caller:
        return caller.ask(a_request(a_charge(), headers=IN_FULL))


def scope(service: Service) -> str:
    page = get(service.ops.number, "/metrics").body.decode()
    return page.partition('payment_state_info{scope="')[2].partition('"')[0]


def is_told(answer: Answer, told: str) -> bool:
    return answer.status == 503 and f"is lost: {told}" in answer.json["error"]


def comes_back(service: Service) -> Answer:
    """The first charge that is taken again."""
    answer = eventually(lambda: ask(service), lambda told: told.status == 200, within=NOTICED)
    assert scope(service) == "store"
    return answer


@pytest.fixture
def refusing(tmp_path: Path) -> Iterator[RedisServer]:
    """A Redis that is told to refuse, and cannot save: where it would, there is a folder."""
    with RedisServer(tmp_path / "store") as server:
        (tmp_path / "store" / "dump.rdb" / "in the way").mkdir(parents=True)
        yield server


@pytest.mark.parametrize("refusal", cases("the store is now {0}", REFUSALS))
def test_a_store_that_refuses_is_lost_until_it_does_not_any_more(
    tmp_path: Path, refusing: RedisServer, caplog: pytest.LogCaptureFixture, refusal: str
) -> None:
    orders, told, cure = REFUSALS[refusal]
    with a_service_with(refusing, tmp_path / "service") as service:
        assert ask(service).status == 200
        for order in orders:
            refusing.order(*order)
        answer = eventually(lambda: ask(service), lambda seen: is_told(seen, told), within=NOTICED)
        assert answer.headers["retry-after"] == "1"
        for _ in range(3):
            with pytest.raises(StoreLostError, match=told):
                service.state.faults()
            assert scope(service) == "lost"

        for order in cure:
            refusing.order(*order)

        attempt = comes_back(service).json["attempt"]
        assert attempt == len(service.state.bookings(Filter(), 99)) > 1
    assert [told in record.message for record in caplog.records[-2:]] == [True, False]


def test_a_store_that_wants_a_password_is_used_as_soon_as_it_does_not(
    tmp_path: Path, own_store: RedisServer
) -> None:
    with a_service_with(own_store, tmp_path / "service", store_password_file=None) as service:
        assert is_told(ask(service), "ResponseError: it wants a password")
        own_store.order("CONFIG SET", "requirepass", "")
        assert comes_back(service).json["attempt"] == 1


def test_a_store_that_loads_its_data_is_lost_until_it_has_them(
    tmp_path: Path, own_store: RedisServer
) -> None:
    with a_service_with(own_store, tmp_path / "service") as service:
        assert ask(service).status == 200
        own_store.order("EVAL", "for n = 1, 20000 do redis.call('SET', n, n) end", 0)
        own_store.order("SAVE")
        own_store.kill()
        # In microseconds, for each key; it answers after so many bytes of them.
        own_store.configure("key-load-delay 500", "loading-process-events-interval-bytes 1024")

        own_store.start(awaited=False)

        told = "BusyLoadingError: it is still loading its data"
        eventually(lambda: is_told(ask(service), told), within=NOTICED)
        assert scope(service) == "lost"
        own_store.order("CONFIG SET", "key-load-delay", 0)
        assert comes_back(service).json["attempt"] == 2


def a_node(folder: Path) -> RedisServer:
    return RedisServer(folder, more=("cluster-enabled yes", f"cluster-port {free_port()}"))


def test_a_node_of_a_cluster_that_has_other_slots_is_told_as_such(tmp_path: Path) -> None:
    with a_node(tmp_path / "owner") as owner, a_node(tmp_path / "other") as other:
        owner.order("CLUSTER ADDSLOTSRANGE", 0, 16383)
        other.order(
            "CLUSTER MEET",
            "127.0.0.1",
            owner.port,
            owner.order("CONFIG GET", "cluster-port")["cluster-port"],
        )
        with a_service_with(other, tmp_path / "service") as service:
            eventually(lambda: is_told(ask(service), f"MovedError: {CLUSTER}"), within=NOTICED)
            assert scope(service) == "lost"


def test_a_node_of_a_cluster_that_has_no_slots_is_told_as_such(tmp_path: Path) -> None:
    with (
        a_node(tmp_path / "node") as node,
        a_service_with(node, tmp_path / "service") as service,
    ):
        assert is_told(ask(service), f"ClusterDownError: {CLUSTER}")


def test_a_sentinel_in_the_place_of_the_store_is_told_as_such(tmp_path: Path) -> None:
    port, config = free_port(), tmp_path / "sentinel.conf"
    config.write_text(f"bind 127.0.0.1\nport {port}\ndir {tmp_path}\nlogfile log\n")
    with subprocess.Popen([*REDIS.command(), config, "--sentinel"]) as sentinel:
        changes: dict[str, Any] = {"store_url": StoreAddress("127.0.0.1", port)}
        try:
            with a_service(tmp_path, **changes) as service:
                told = "ResponseError: it runs no scripts, as a Sentinel does not"
                eventually(lambda: is_told(ask(service), told), within=NOTICED)
        finally:
            sentinel.kill()
