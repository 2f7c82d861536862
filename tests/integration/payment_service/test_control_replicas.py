"""What is set at one replica, and who else it holds for."""

from collections.abc import Iterator
from contextlib import ExitStack
from functools import partial
from pathlib import Path

import pytest

from billing_dev.eventually import eventually
from billing_dev.local.redis_server import RedisServer
from support.payment.control import Control, with_control
from support.payment.service import Caller, ServiceProcess, a_request, get, sample

pytestmark = pytest.mark.thorough

SEEN = 1.0  # within which a fault is in effect at all replicas
Replicas = list[tuple[ServiceProcess, Control]]


def replica(folder: Path, **variables: str) -> ServiceProcess:
    folder.mkdir()
    return ServiceProcess(folder, success_rate="1", **with_control(folder), **variables)


def two(folder: Path, stack: ExitStack, **variables: str) -> Replicas:
    services = [stack.enter_context(replica(folder / name, **variables)) for name in ("one", "two")]
    return [(service, Control(service.control_port)) for service in services]


@pytest.fixture
def alone(tmp_path: Path) -> Iterator[Replicas]:
    with ExitStack() as stack:
        yield two(tmp_path, stack)


@pytest.fixture
def together(tmp_path: Path, store: RedisServer, prefix: str) -> Iterator[Replicas]:
    with ExitStack() as stack:
        yield two(tmp_path, stack, **store.variables(prefix))


def status(service: ServiceProcess) -> int:
    with Caller(service.port) as caller:
        return caller.ask(a_request()).status


def test_without_a_store_a_fault_holds_for_the_process_that_was_told(alone: Replicas) -> None:
    (one, control), (other, _) = alone

    assert control.put_fault("outage").json["scope"] == "process"

    assert [status(one), status(other)] == [503, 200]
    assert status(other) == 200


def test_with_a_store_a_fault_set_at_one_holds_for_all_within_a_second_and_expires(
    together: Replicas,
) -> None:
    (one, control), (other, its_control) = together

    assert control.put_fault("outage", seconds=3).json["scope"] == "store"
    assert status(one) == 503
    eventually(lambda: status(other) == 503, within=SEEN)
    assert its_control.get("/v1/profile")["faults"][0]["entry"]["name"] == "outage"

    for service, _ in together:
        eventually(partial(status, service), lambda found: found == 200, within=3 + SEEN)


def test_with_a_store_ledger_and_journal_are_those_of_all(together: Replicas) -> None:
    for service, _ in together:
        status(service)

    for _, control in together:
        ledger = control.get("/v1/ledger")
        assert ledger["scope"] == "store"
        assert ledger["totals"][0]["accepted"]["count"] == 2
        assert len(control.get("/v1/duplicates")["bookings"]) == 1


def test_a_profile_that_is_put_holds_for_the_process_that_was_told(together: Replicas) -> None:
    (_, control), (_, other) = together

    answer = control.ask("PUT", "/v1/profile", {"successRate": 0})

    assert answer.json["scope"] == "process"
    assert other.get("/v1/profile")["source"] == "file"


def test_a_lost_store_is_a_problem_and_the_faults_that_were_set_stay(
    tmp_path: Path, own_store: RedisServer, prefix: str
) -> None:
    with replica(tmp_path / "one", **own_store.variables(prefix)) as service:
        control = Control(service.control_port)
        control.put_fault("outage")

        own_store.kill()

        answer = eventually(
            lambda: control.ask("GET", "/v1/ledger"), lambda told: told.status == 503, within=SEEN
        )
        assert answer.headers["content-type"] == "application/problem+json"
        assert answer.headers["retry-after"] == "1"
        assert own_store.address.host in answer.json["detail"]
        document = control.get("/v1/profile")
        assert [fault["entry"]["name"] for fault in document["faults"]] == ["outage"]


def test_a_reset_is_for_all_that_share_the_store(together: Replicas) -> None:
    (one, control), (other, its_control) = together
    status(one)
    control.put_fault("outage")
    eventually(lambda: status(other) == 503, within=SEEN)

    assert its_control.ask("POST", "/v1/reset").json == {"scope": "store"}

    assert its_control.get("/v1/ledger")["totals"] == []
    eventually(lambda: status(one) == 200, within=SEEN)


def test_a_reset_frees_what_every_replica_has_for_itself(together: Replicas) -> None:
    (one, _), (_, its_control) = together
    profile = {"successRate": 1, "latency": {"fixed": {"seconds": 600}}}
    assert Control(one.control_port).ask("PUT", "/v1/profile", profile).status == 200
    with Caller(one.port) as caller:
        caller.send(a_request())
        eventually(partial(deferred, one), lambda count: count == 1, within=SEEN)

        assert its_control.ask("POST", "/v1/reset").status == 200

        assert caller.answer().json == {"result": "true"}
    eventually(partial(deferred, one), lambda count: count == 0, within=SEEN)
    assert Control(one.control_port).get("/v1/profile")["source"] == "file"
    assert its_control.get("/v1/ledger")["totals"] == []


def test_what_is_changed_after_a_reset_at_another_replica_stays(together: Replicas) -> None:
    (_, control), (_, its_control) = together
    for _ in range(3):
        assert control.ask("POST", "/v1/reset").status == 200
        assert its_control.ask("PUT", "/v1/profile", {"successRate": 0}).status == 200
        # Two looks of the replica at the store lie between these.
        for name in ("one", "two"):
            control.put_fault(name)
            eventually(partial(has_fault, its_control, name), within=SEEN)
        assert its_control.get("/v1/profile")["source"] == "control"


def has_fault(control: Control, name: str) -> bool:
    faults = control.get("/v1/profile")["faults"]
    return name in [fault["entry"]["name"] for fault in faults]


def deferred(service: ServiceProcess) -> float:
    return sample(get(service.ops_port, "/metrics").body, "payment_replies_deferred")
