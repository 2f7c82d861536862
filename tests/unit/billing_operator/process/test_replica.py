"""One replica: what it does as the leader, and what it leaves behind."""

import asyncio
import os
import signal
from collections.abc import Iterator
from typing import Any
from urllib.error import URLError
from urllib.request import urlopen

import kopf
import pytest
from kubernetes.aio import config

from billing_dev.eventually import eventually
from billing_dev.ports import free_port
from billing_operator.process.replica import candidate, run
from billing_operator.settings import Settings
from support.cluster.limits import NOTICED
from support.operator.lease_server import LeaseServer, a_lease_server


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[LeaseServer]:
    with a_lease_server() as running:
        monkeypatch.setattr(config, "load_kube_config", running.load_kube_config)
        yield running


def settings(**others: Any) -> Settings:
    return Settings(
        antaeus_image="a",
        payment_image="p",
        operator_image="o",
        operator_namespace="here",
        http_port=free_port(),
        **others,
    )


def test_a_pod_is_a_candidate_by_its_name_and_any_other_process_by_a_new_one() -> None:
    assert candidate(settings(pod_name="operator-0")).name == "operator-0"
    assert len({candidate(settings()).name for _ in range(3)}) == 3


@pytest.mark.parametrize(
    "namespaces", [(), ("payments", "payments-test")], ids=["all namespaces", "two namespaces"]
)
async def test_the_leader_watches_the_namespaces_that_were_set_or_else_all(
    namespaces: tuple[str, ...], monkeypatch: pytest.MonkeyPatch, server: LeaseServer
) -> None:
    told: dict[str, Any] = {}

    async def operator(**given: Any) -> None:
        told.update(given, holder=server.holders[-1])

    monkeypatch.setattr(kopf, "operator", operator)
    await run(settings(namespaces=namespaces, request_timeout_seconds=7.0, pod_name="operator-0"))

    assert (told["clusterwide"], told["namespaces"]) == (not namespaces, namespaces)
    assert told["settings"].networking.request_timeout == 7.0
    assert (told["holder"], server.holders[-1]) == ("operator-0", "")


async def test_on_standby_it_watches_nothing_and_ends_by_a_signal(
    monkeypatch: pytest.MonkeyPatch, server: LeaseServer
) -> None:
    async def operator(**_: Any) -> None:
        raise AssertionError("it leads")

    monkeypatch.setattr(kopf, "operator", operator)
    server.lease = {
        "metadata": {"name": "billing-operator", "namespace": "here"},
        "spec": {"holderIdentity": "another", "leaseDurationSeconds": 60},
    }
    chosen = settings()
    running = asyncio.create_task(run(chosen))
    await asyncio.to_thread(
        eventually, lambda: says(chosen.http_port), lambda said: said == "standby", within=NOTICED
    )
    os.kill(os.getpid(), signal.SIGTERM)
    await running

    assert server.holders == []


def says(port: int) -> str:
    """What /readyz says, or nothing where nobody listens."""
    try:
        with urlopen(f"http://127.0.0.1:{port}/readyz", timeout=NOTICED) as answer:
            return str(answer.read().decode().strip())
    except (URLError, ConnectionError):
        return ""
