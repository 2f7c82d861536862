"""An operator around a cluster in memory; what watches and kubelets do is done by hand."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

from billing_operator.books.counter import ChargeCounter
from billing_operator.children.writer import ChildWriter
from billing_operator.controller.event_recorder import EventRecorder
from billing_operator.controller.parts import Dependencies
from billing_operator.controller.queue import Next
from billing_operator.controller.reconcile import Reconciler
from billing_operator.desired import profile
from billing_operator.invoices.reader import InvoiceReader
from billing_operator.invoices.readings import Readings
from billing_operator.invoices.sampler import Sampler
from billing_operator.kinds import BILLING_STACK, OPTIONAL, WATCHED, Key, Manifest
from billing_operator.kube.api import Page
from billing_operator.kube.cache import Inventory
from billing_operator.memory import Memories
from billing_operator.metrics import Metrics
from billing_operator.profile.rollout import ProfileRollout
from billing_operator.runs.controller import RunKeeper
from billing_operator.runs.metrics import RunMetrics
from billing_operator.spec.stack import Stack
from billing_operator.tokens.rotation import TokenRotation
from billing_operator.tokens.secret import TokenSecret
from billing_operator.tokens.store import TokenKeeper
from support.operator.builders import a_body, a_pod, an_installation
from support.operator.fake_apps import FakeApps
from support.operator.fake_cluster import FakeCluster

SHOP = Key("payments", "shop")
QUIET = 150.0
STATUS = ("apply status", "BillingStack")
STILL_SECONDS = 22.0


class OperatorInMemory:
    """A cluster with one stack named shop, unless told otherwise."""

    def __init__(self, *objects: Manifest, **spec: Any) -> None:
        self.cluster = FakeCluster(*(objects or (a_body(**spec),)))
        self.apps = FakeApps()
        self.now = 0.0
        self.metrics = Metrics()
        self.dependencies = self._make_tools()

    def _make_tools(self) -> Dependencies:
        numbers, inventory, memories = count(1), Inventory(), Memories()
        tokens = TokenKeeper(
            self.cluster,
            memories,
            new_token=lambda: f"number-{next(numbers):05}-hush",
            clock=self.clock,
            now=self.utc_now,
        )
        profiles = ProfileRollout(self.cluster, self.apps, memories, clock=self.clock)
        readings = Readings(memories, clock=self.clock)
        counter = ChargeCounter(self.apps, memories)
        reader = InvoiceReader(self.apps, counter, inventory, readings, self.metrics)
        sampler = Sampler(self.apps, reader, memories, clock=self.clock)
        return Dependencies(
            cluster=self.cluster,
            inventory=inventory,
            memories=memories,
            writer=ChildWriter(self.cluster, inventory, self.metrics, memories, clock=self.clock),
            tokens=tokens,
            profiles=profiles,
            rotation=TokenRotation(
                self.cluster,
                self.apps,
                tokens,
                profiles,
                sampler,
                memories,
                clock=self.clock,
                now=self.utc_now,
                quiet_seconds=STILL_SECONDS,
            ),
            readings=readings,
            counter=counter,
            invoices=reader,
            runs=RunKeeper(self.cluster, inventory, sampler, memories, quiet_seconds=QUIET),
            events=EventRecorder(self.cluster, self.metrics, now=self.utc_now),
            metrics=self.metrics,
            run_metrics=RunMetrics(self.metrics.registry),
        )

    def change_leader(self) -> None:
        """Has another replica go on, which knows nothing but what the cluster has."""
        self.metrics = Metrics()
        self.dependencies = self._make_tools()

    def clock(self) -> float:
        return self.now

    def utc_now(self) -> datetime:
        return datetime(2025, 1, 1, tzinfo=UTC) + timedelta(seconds=self.now)

    async def watch(self) -> None:
        """Tells the operator what there is, as its watches would."""
        for kind in (BILLING_STACK, *WATCHED, *OPTIONAL):
            there = [live for (name, _), live in self.cluster.objects.items() if name == kind.name]
            await self.dependencies.inventory.renew(kind, pages_of(there))

    async def reconcile(
        self, *, installed: dict[str, str] | None = None, with_stale_cache: bool = False
    ) -> Next:
        """One pass over the stack, with what happened since the last one in the cache or not."""
        if not with_stale_cache:
            await self.watch()
        self.cluster.calls.clear()
        installation = an_installation(**(installed or {}))
        return await Reconciler(self.dependencies, installation, now=self.utc_now)(SHOP)

    def change(self, **spec: Any) -> None:
        """Changes fields of the stack's spec, as kubectl would."""
        body = self.cluster.must_get("BillingStack", "shop")
        body["spec"] |= spec
        body["metadata"]["generation"] += 1
        self.cluster.have(body)

    def annotate(self, **annotations: str) -> None:
        """Annotates the stack with names of our own domain, as kubectl would."""
        body = self.cluster.must_get("BillingStack", "shop")
        named = {f"billing.antaeus.io/{k.replace('_', '-')}": v for k, v in annotations.items()}
        body["metadata"]["annotations"] |= named
        self.cluster.have(body)

    def run_pods(self) -> None:
        """Brings every Deployment to what it wants, as Kubernetes would."""
        for part in ("antaeus", "payment"):
            live = self.cluster.must_get("Deployment", f"shop-{part}")
            wanted = live["spec"]["replicas"]
            status = dict.fromkeys(("replicas", "readyReplicas", "updatedReplicas"), wanted)
            live["status"] = status | {"observedGeneration": live["metadata"]["generation"]}
            self.cluster.have(live)
            names = [f"shop-{part}-{number}" for number in range(wanted)]
            for name in self._pods_of(part):
                if name not in names:
                    self.cluster.take("Pod", name)
            template = live["spec"]["template"]
            for name in names:
                pod = a_pod(part, name, annotations=template["metadata"].get("annotations", {}))
                pod["spec"]["containers"] = template["spec"]["containers"]
                self.cluster.have(pod)

    def _pods_of(self, part: str) -> list[str]:
        pods = (place.name for kind, place in self.cluster.objects if kind == "Pod")
        return [name for name in pods if name.startswith(f"shop-{part}-")]

    def refresh_profiles(self) -> None:
        """Lets payment answer by the stack's profile, as the kubelet would."""
        for name in self._pods_of("payment"):
            self.apps.digests[name] = profile.digest(self.stack)

    def refresh_tokens(self) -> None:
        """Lets payment accept what the stack's Secret has, as the kubelet would."""
        own = TokenSecret.of(self.cluster.must_get("Secret", "shop-token"))
        valid = [own.current.id, *([own.other.id] if own.other else [])]
        for name in self._pods_of("payment"):
            self.apps.accepted[name] = valid

    async def bring_up(self) -> None:
        """Everything up to a stack that is ready and at rest."""
        await self.reconcile()
        await self.reconcile()
        self.run_pods()
        self.refresh_profiles()
        self.refresh_tokens()
        await self.reconcile()

    @property
    def stack(self) -> Stack:
        """The stack as stored."""
        return Stack.from_body(self.cluster.must_get("BillingStack", "shop"))

    @property
    def status(self) -> Manifest:
        """Its status."""
        return self.stack.status

    def condition(self, kind: str) -> tuple[str, str] | None:
        """Status and reason of one of its conditions."""
        found = (each for each in self.status.get("conditions", ()) if each["type"] == kind)
        return next(((each["status"], each["reason"]) for each in found), None)

    def message(self, kind: str) -> str:
        """What one of its conditions says."""
        (found,) = (each for each in self.status["conditions"] if each["type"] == kind)
        return str(found["message"])

    @property
    def announced(self) -> list[str]:
        """Reasons of the Events that were posted."""
        objects = self.cluster.objects.items()
        return [live["reason"] for (kind, _), live in objects if kind == "Event"]


async def pages_of(*lists: list[Manifest], version: int = 10**9) -> AsyncIterator[Page]:
    """What the API server answers, page by page."""
    for items in lists:
        yield Page(items, version)


async def ready(**spec: Any) -> OperatorInMemory:
    """An operator whose stack is ready and at rest."""
    operator = OperatorInMemory(**spec)
    await operator.bring_up()
    assert operator.condition("Ready") == ("True", "AllReady")
    return operator
