"""What kopf is asked to call: events and nothing else, since all else would write to stacks."""

from contextvars import ContextVar
from typing import Any

import kopf
import pytest
import yaml

from billing_dev.tree import ROOT
from billing_operator.kinds import BILLING_STACK, BY_NAME, WATCHED, Kind, Manifest
from billing_operator.process.handlers import kopf_settings, register
from billing_operator.settings import Settings
from support.operator.builders import a_body, an_object


class FakeLifecycle:
    """Writes down what it is told."""

    def __init__(self) -> None:
        self.told: list[object] = []

    async def start(self) -> None:
        self.told.append("start")

    async def stop(self) -> None:
        self.told.append("stop")

    def on_watch_event(self, kind: Kind, live: Manifest, *, deleted: bool) -> None:
        self.told.append((kind, live, deleted))


@pytest.fixture
def lifecycle() -> FakeLifecycle:
    return FakeLifecycle()


@pytest.fixture
def registry(lifecycle: FakeLifecycle) -> kopf.OperatorRegistry:
    made = kopf.OperatorRegistry()
    register(made, lifecycle)
    return made


def handlers(registry: kopf.OperatorRegistry, group: str) -> list[Any]:
    return list(vars(registry)[group]._handlers)


def handler_of(registry: kopf.OperatorRegistry, plural: str) -> Any:
    (handler,) = (h for h in handlers(registry, "_watching") if h.selector.any_name == plural)
    return handler


def test_every_kind_is_watched_for_events(registry: kopf.OperatorRegistry) -> None:
    watched = {handler.selector.any_name for handler in handlers(registry, "_watching")}

    assert watched == {kind.plural for kind in (BILLING_STACK, *WATCHED)}


@pytest.mark.parametrize("group", ["_changing", "_spawning", "_indexing", "_webhooks"])
def test_nothing_is_asked_for_that_writes_to_a_stack(
    registry: kopf.OperatorRegistry, group: str
) -> None:
    assert handlers(registry, group) == []


def test_only_children_are_filtered_by_label(registry: kopf.OperatorRegistry) -> None:
    labels = {
        handler.selector.any_name: handler.labels for handler in handlers(registry, "_watching")
    }

    assert labels.pop("billingstacks") is None
    assert all(each == {"billing.antaeus.io/stack": kopf.PRESENT} for each in labels.values())


async def test_the_operator_starts_and_stops_with_kopf(
    registry: kopf.OperatorRegistry, lifecycle: FakeLifecycle
) -> None:
    for activity in handlers(registry, "_activities"):
        await activity.fn()

    assert lifecycle.told == ["start", "stop"]


@pytest.mark.parametrize(("type_", "deleted"), [("ADDED", False), (None, False), ("DELETED", True)])
async def test_an_event_is_handed_over_with_its_kind(
    registry: kopf.OperatorRegistry,
    lifecycle: FakeLifecycle,
    type_: str | None,
    deleted: bool,  # noqa: FBT001 - a row of the table
) -> None:
    handler = handler_of(registry, "services")
    bare = {"metadata": an_object("Service", "shop-payment")["metadata"]}
    await handler.fn(event={"type": type_, "object": bare})

    kind = BY_NAME["Service"]
    assert lifecycle.told == [(kind, {"apiVersion": "v1", "kind": "Service", **bare}, deleted)]


async def test_a_stack_comes_with_its_group(
    registry: kopf.OperatorRegistry, lifecycle: FakeLifecycle
) -> None:
    handler = handler_of(registry, "billingstacks")
    await handler.fn(event={"type": "MODIFIED", "object": a_body()})

    assert lifecycle.told == [(BILLING_STACK, a_body(), False)]
    assert (handler.selector.group, handler.selector.version) == ("billing.antaeus.io", "v1beta1")


async def test_what_an_event_sets_off_keeps_nothing_of_kopfs(
    registry: kopf.OperatorRegistry, lifecycle: FakeLifecycle, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A timer of asyncio keeps the context in which it was set, and kopf puts each object there."""
    of_kopf: ContextVar[str] = ContextVar("of_kopf", default="nothing")
    kept: list[str] = []
    monkeypatch.setattr(lifecycle, "on_watch_event", lambda *_, **__: kept.append(of_kopf.get()))
    of_kopf.set("the object")

    await handler_of(registry, "services").fn(event={"type": "ADDED", "object": a_body()})

    assert kept == ["nothing"]


def a_settings() -> kopf.OperatorSettings:
    return kopf_settings(
        Settings(
            antaeus_image="a",
            payment_image="p",
            operator_image="o",
            operator_namespace="billing-system",
            request_timeout_seconds=7.0,
            watch_silence_seconds=50.0,
        )
    )


def test_kopf_asks_only_for_what_is_ours() -> None:
    asked = a_settings().watching.label_selectors

    assert {selector.any_name for selector in asked} == {kind.plural for kind in WATCHED}
    assert set(asked.values()) == {"billing.antaeus.io/stack"}


def test_kopf_needs_no_right_to_look_around_and_writes_no_events() -> None:
    settings = a_settings()

    assert settings.peering.standalone
    assert settings.scanning.disabled
    assert not settings.posting.enabled


def test_a_watch_that_falls_silent_ends_after_what_was_set_and_each_ends_some_day() -> None:
    watching = a_settings().watching

    assert watching.inactivity_timeout == 50.0
    assert watching.server_timeout is not None
    assert watching.client_timeout is not None
    assert watching.inactivity_timeout < watching.server_timeout < watching.client_timeout


def test_kopf_asks_as_long_as_was_set_and_comes_back_when_the_server_says() -> None:
    networking = a_settings().networking

    assert networking.request_timeout == 7.0
    assert networking.enforce_retry_after is True


def test_kopf_keeps_no_copy_of_an_object() -> None:
    storage = a_settings().persistence.diffbase_storage

    assert storage.build(body=kopf.Body({})) == {}
    assert storage.fetch(body=kopf.Body({})) is None


def test_kopf_ends_before_the_kubelet_would_end_it() -> None:
    documents = yaml.safe_load_all((ROOT / "deploy/base/operator.yaml").read_text())
    (deployment,) = (each for each in documents if each["kind"] == "Deployment")
    pod = deployment["spec"]["template"]["spec"]
    limit = a_settings().process.ultimate_exiting_timeout

    assert limit is not None
    assert limit < pod.get("terminationGracePeriodSeconds", 30)
