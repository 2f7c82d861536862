"""What kopf calls: every handler hands over what it was told, and decides nothing.

Only on.event is used. kopf's other handlers would write annotations and finalizers into the
stacks, and a finalizer keeps a stack from being deleted once the operator is gone.
"""

from contextvars import Context
from typing import Any, Protocol

import kopf

from billing_operator.kinds import BILLING_STACK, WATCHED, Kind, Manifest
from billing_operator.names import MANAGER, STACK_LABEL
from billing_operator.settings import Settings


class OperatorLifecycle(Protocol):
    """The operator as kopf sees it."""

    async def start(self) -> None:
        """Called once, before the first event."""

    async def stop(self) -> None:
        """Called once, after the last event."""

    def on_watch_event(self, kind: Kind, live: Manifest, *, deleted: bool) -> None:
        """Called for each event."""


class _NothingKept(kopf.DiffBaseStorage):
    """Spares kopf the copy of every object by which its other handlers would tell what changed."""

    def build(self, **_: Any) -> kopf.BodyEssence:
        return kopf.BodyEssence()

    def fetch(self, **_: Any) -> None:
        return None

    def store(self, **_: Any) -> None:
        return None


def register(registry: kopf.OperatorRegistry, lifecycle: OperatorLifecycle) -> None:
    """Tells kopf what to watch and whom to tell."""

    async def started(**_: Any) -> None:
        await lifecycle.start()

    async def stopped(**_: Any) -> None:
        await lifecycle.stop()

    kopf.on.startup(registry=registry)(started)
    kopf.on.cleanup(registry=registry)(stopped)
    _watch(registry, BILLING_STACK, lifecycle, labels=None)
    for kind in WATCHED:
        _watch(registry, kind, lifecycle, labels={STACK_LABEL: kopf.PRESENT})


def _watch(
    registry: kopf.OperatorRegistry,
    kind: Kind,
    lifecycle: OperatorLifecycle,
    *,
    labels: dict[str, Any] | None,
) -> None:
    async def seen(event: kopf.RawEvent, **_: Any) -> None:
        says = {"apiVersion": kind.api_version, "kind": kind.name}
        live = says | dict(event["object"])
        # Each timer that is set by it would keep kopf's context, and the object with it.
        Context().run(lifecycle.on_watch_event, kind, live, deleted=event["type"] == "DELETED")

    group, version = kind.group, kind.api_version.rpartition("/")[2]
    kopf.on.event(
        group, version, kind.plural, id=f"seen-{kind.plural}", labels=labels, registry=registry
    )(seen)


def kopf_settings(settings: Settings) -> kopf.OperatorSettings:
    """How kopf is to run; what is not named here is well as kopf has it."""
    tuned = kopf.OperatorSettings()
    tuned.peering.standalone = True
    # The namespaces are given and the kinds known: no right to list either is needed.
    tuned.scanning.disabled = True
    tuned.networking.connect_timeout = 10
    tuned.networking.request_timeout = settings.request_timeout_seconds
    tuned.networking.enforce_retry_after = True
    # Streams die silently behind load balancers; three belts, each longer than the one before.
    tuned.watching.inactivity_timeout = settings.watch_silence_seconds
    tuned.watching.server_timeout = 290
    tuned.watching.client_timeout = 310
    # Of every kind one such part of a list is in memory at the same time, as Python objects.
    tuned.watching.chunk_size = 50
    for kind in WATCHED:
        tuned.watching.label_selectors[kind.group, kind.plural] = STACK_LABEL
    # A task for each object that changed stays for so long; a crowd of stacks has thousands.
    tuned.queueing.idle_timeout = 0.2
    tuned.persistence.diffbase_storage = _NothingKept()
    tuned.posting.enabled = False
    tuned.posting.reporting_component = MANAGER
    tuned.process.ultimate_exiting_timeout = 25
    return tuned
