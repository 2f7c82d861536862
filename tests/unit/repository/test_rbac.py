"""The operator may do what it does, and nothing else."""

import yaml

from billing_operator.apps.answers import Counts
from billing_operator.controller.controller import Controller
from billing_operator.kinds import (
    BILLING_STACK,
    BY_NAME,
    CHILDREN,
    LEASE,
    OPTIONAL,
    WATCHED,
    Manifest,
)
from billing_operator.settings import Settings
from support.crd import ROOT
from support.run_manifests import a_job
from support.world import World, ready

Right = tuple[str, str, str]

# What the API server asks for, for each thing that the operator does.
_VERBS = {
    "read": ("get",),
    "list": ("list",),
    "list one stack": ("list",),
    "apply": ("create", "patch"),
    "hand over": ("patch",),
    "apply status": ("patch",),
    "create": ("create",),
    "replace": ("update",),
    "delete": ("delete",),
    "resume": ("patch",),
    "annotate": ("patch",),
}


def granted(kind: str = "ClusterRole") -> list[Manifest]:
    documents = yaml.safe_load_all((ROOT / "deploy/base/rbac.yaml").read_text())
    (role,) = (each for each in documents if each["kind"] == kind)
    rules: list[Manifest] = role["rules"]
    return rules


def rights(kind: str = "ClusterRole") -> set[Right]:
    return {
        (group, resource, verb)
        for rule in granted(kind)
        for group in rule["apiGroups"]
        for resource in rule["resources"]
        for verb in rule["verbs"]
    }


async def used() -> set[Right]:
    """What a stack's life asks of the API server: made, changed in each way, and compared again."""
    world = World()
    calls: set[tuple[str, str]] = set()
    for change in (
        {},
        {
            "monitoring": {"enabled": True},
            "antaeus": {"ingress": {"enabled": True}},
            "payment": {"successRate": 0.9, "autoscaling": {"maxReplicas": 2}},
        },
        # Each thing that can be switched off, so that it is removed.
        {"networkPolicy": {"enabled": False}, "payment": {}, "antaeus": {}, "monitoring": {}},
    ):
        world.change(**change)
        await world.reconcile()
        calls |= set(world.cluster.calls)
        world.run_pods()
    world.change(
        networkPolicy={"enabled": True},
        monitoring={"enabled": True},
        antaeus={"ingress": {"enabled": True}},
        payment={"autoscaling": {"maxReplicas": 2}},
    )
    await world.reconcile()
    _take_over_all_children(world)
    await world.reconcile()
    calls |= set(world.cluster.calls)
    calls |= await _let_runs_begin_and_skip_them(world) | await _rotate()
    settings = Settings(
        antaeus_image="a", payment_image="p", operator_image="o", operator_namespace="n"
    )
    controller = Controller(
        world.tools, world.apps, settings, world.metrics, reconcile=lambda _: world.reconcile()
    )
    await controller.resync()
    await controller.stop()
    return {
        right for call in calls | set(world.cluster.calls) for right in needed(*call)
    } | watched()


async def _rotate() -> set[tuple[str, str]]:
    world = await ready()
    world.annotate(rotate_token="1")
    world.refresh_tokens()
    await world.reconcile()
    return set(world.cluster.calls)


async def _let_runs_begin_and_skip_them(world: World) -> set[tuple[str, str]]:
    cron_uid = world.cluster.must_get("CronJob", "shop-billing")["metadata"]["uid"]
    job = a_job(owner=cron_uid, made=world.utc_now().isoformat())
    world.cluster.have(job)
    world.change(hibernate=False)
    world.run_pods()
    world.refresh_profiles()
    world.apps.counts["shop"] = Counts(2, 8)
    calls: set[tuple[str, str]] = set()
    # The invoices are read in the first, and the run begins at the latest in the second.
    for _ in range(2):
        await world.reconcile()
        calls |= set(world.cluster.calls)
    world.cluster.have(a_job("late", owner=cron_uid, made=world.utc_now().isoformat()))
    world.now += 9999
    await world.reconcile()
    return calls | set(world.cluster.calls)


def _take_over_all_children(world: World) -> None:
    """Every field becomes somebody else's, as if edited by hand."""
    for kind in (*CHILDREN, *OPTIONAL):
        for live in [
            live for (name, _), live in world.cluster.objects.items() if name == kind.name
        ]:
            world.cluster.have(live | {"metadata": live["metadata"] | {"managedFields": []}})


def needed(what: str, kind_name: str) -> set[Right]:
    kind = BY_NAME[kind_name]
    resource = kind.plural + ("/status" if what == "apply status" else "")
    return {(kind.group, resource, verb) for verb in _VERBS[what]}


def watched() -> set[Right]:
    kinds = (BILLING_STACK, *WATCHED)
    return {(kind.group, kind.plural, verb) for kind in kinds for verb in ("list", "watch")}


async def test_the_operator_has_every_right_that_it_uses() -> None:
    assert await used() - rights() == set()


async def test_the_operator_has_no_right_that_it_does_not_use() -> None:
    assert rights() - await used() == set()


def test_in_its_own_namespace_it_may_hold_its_lease_and_nothing_else() -> None:
    verbs = ("get", "create", "update")

    assert rights("Role") == {(LEASE.group, LEASE.plural, verb) for verb in verbs}


def test_no_rule_speaks_of_everything() -> None:
    assert not [rule for rule in granted() if "*" in str(rule)]


def test_secrets_are_only_read_by_name_made_and_replaced() -> None:
    verbs = {verb for _, resource, verb in rights() if resource == "secrets"}

    assert verbs == {"get", "create", "update"}
