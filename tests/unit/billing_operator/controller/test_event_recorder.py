"""Events of a stack, posted where that is possible."""

from datetime import UTC, datetime

import pytest

from billing_operator.controller.event_recorder import EventRecorder
from billing_operator.errors import ClusterError, NamespaceLeaving
from billing_operator.kinds import Manifest
from billing_operator.metrics import Metrics
from billing_operator.reasons import Reason
from billing_operator.status.events import StackEvent
from support.operator.builders import a_stack
from support.operator.fake_cluster import FakeCluster

NOW = datetime(2025, 1, 1, tzinfo=UTC)


def events(cluster: FakeCluster) -> list[Manifest]:
    return [live for (kind, _), live in cluster.objects.items() if kind == "Event"]


async def test_an_event_speaks_of_its_stack() -> None:
    cluster = FakeCluster()
    said = StackEvent("Warning", "TokenLost", "put it back")
    await EventRecorder(cluster, Metrics(), now=lambda: NOW).record(a_stack(), [said])
    (event,) = events(cluster)

    assert event["metadata"]["namespace"] == "payments"
    assert event["involvedObject"]["uid"] == "stack-uid"
    assert (event["type"], event["reason"], event["message"]) == (
        "Warning",
        "TokenLost",
        "put it back",
    )
    assert event["firstTimestamp"] == event["lastTimestamp"] == "2025-01-01T00:00:00Z"


async def test_each_event_has_a_name_of_its_own_and_fits() -> None:
    cluster = FakeCluster()
    said = StackEvent("Normal", "AllReady", "x" * 5000)
    await EventRecorder(cluster, Metrics(), now=lambda: NOW).record(a_stack(), [said, said])

    assert len(events(cluster)) == 2
    assert {len(event["message"]) for event in events(cluster)} == {1024}


async def test_an_event_that_can_not_be_posted_is_no_fault() -> None:
    cluster = FakeCluster()
    cluster.faults["create", "Event"] = ClusterError(Reason.FORBIDDEN, "no", status=403)
    said = StackEvent("Normal", "AllReady", "ready")
    await EventRecorder(cluster, Metrics(), now=lambda: NOW).record(a_stack(), [said, said])

    assert cluster.calls == [("create", "Event")] * 2


async def test_a_namespace_that_goes_is_no_news(caplog: pytest.LogCaptureFixture) -> None:
    cluster = FakeCluster()
    cluster.faults["create", "Event"] = NamespaceLeaving(Reason.NAMESPACE_LEAVING, "terminating")
    said = StackEvent("Normal", "AllReady", "ready")
    await EventRecorder(cluster, Metrics(), now=lambda: NOW).record(a_stack(), [said])

    assert cluster.calls == [("create", "Event")]
    assert [record for record in caplog.records if record.levelname == "WARNING"] == []


async def test_a_reset_of_invoices_is_counted_whether_its_event_can_be_posted_or_not() -> None:
    cluster, metrics = FakeCluster(), Metrics()
    cluster.faults["create", "Event"] = ClusterError(Reason.FORBIDDEN, "no", status=403)
    said = [
        StackEvent("Normal", "AntaeusStarting", "0 of 1 pods ready"),
        StackEvent("Warning", "InvoicesReset", "2 invoices were paid"),
    ]
    await EventRecorder(cluster, metrics, now=lambda: NOW).record(a_stack(), said)

    of_shop = {"namespace": "payments", "stack": "shop"}
    counted = metrics.registry.get_sample_value("billing_operator_invoice_resets_total", of_shop)
    assert counted == 1.0
