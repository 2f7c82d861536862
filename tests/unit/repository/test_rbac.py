"""The operator may do what it does, and nothing else."""

import yaml

from billing_dev.tree import ROOT
from billing_operator.apps.answers import Calls, Counts
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
from support.operator.in_memory import OperatorInMemory, ready
from support.operator.run_manifests import a_job

DATABASE = {"mountPath": "/data", "template": {"size": "1Gi"}}
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
    operator = OperatorInMemory()
    calls: set[tuple[str, str]] = set()
    for change in (
        {},
        {
            "monitoring": {"enabled": True},
            "antaeus": {"ingress": {"enabled": True}, "persistence": DATABASE},
            "payment": {"successRate": 0.9, "autoscaling": {"maxReplicas": 2}},
        },
        # Each thing that can be switched off, so that it is removed.
        {"networkPolicy": {"enabled": False}, "payment": {}, "antaeus": {}, "monitoring": {}},
    ):
        operator.change(**change)
        await operator.reconcile()
        calls |= set(operator.cluster.calls)
        operator.run_pods()
    operator.change(
        networkPolicy={"enabled": True},
        monitoring={"enabled": True},
        antaeus={"ingress": {"enabled": True}, "persistence": DATABASE},
        payment={"autoscaling": {"maxReplicas": 2}},
    )
    await operator.reconcile()
    _take_over_all_children(operator)
    await operator.reconcile()
    calls |= set(operator.cluster.calls)
    calls |= await _let_runs_begin_and_skip_them(operator) | await _rotate()
    await _resync(operator)
    calls |= set(operator.cluster.calls)
    return {right for call in calls for right in needed(*call)} | watched()


async def _resync(operator: OperatorInMemory) -> None:
    settings = Settings(
        antaeus_image="a", payment_image="p", operator_image="o", operator_namespace="n"
    )
    controller = Controller(
        operator.dependencies, settings, operator.metrics, reconcile=lambda _: operator.reconcile()
    )
    await controller.resync()
    await controller.stop()


async def _rotate() -> set[tuple[str, str]]:
    operator = await ready()
    operator.annotate(rotate_token="1")
    operator.refresh_tokens()
    await operator.reconcile()
    return set(operator.cluster.calls)


async def _let_runs_begin_and_skip_them(operator: OperatorInMemory) -> set[tuple[str, str]]:
    cron_uid = operator.cluster.must_get("CronJob", "shop-billing")["metadata"]["uid"]
    job = a_job(owner=cron_uid, made=operator.utc_now().isoformat())
    operator.cluster.have(job)
    operator.change(hibernate=False)
    operator.run_pods()
    operator.refresh_profiles()
    operator.apps.counts["shop"] = Counts(2, 8)
    operator.apps.taken["shop-payment-0"] = Calls(taken=0, held=0)
    calls: set[tuple[str, str]] = set()
    # The invoices are read in the first, and the run begins at the latest in the second.
    for _ in range(2):
        await operator.reconcile()
        calls |= set(operator.cluster.calls)
    operator.cluster.have(a_job("late", owner=cron_uid, made=operator.utc_now().isoformat()))
    operator.now += 9999
    await operator.reconcile()
    return calls | set(operator.cluster.calls)


def _take_over_all_children(operator: OperatorInMemory) -> None:
    """Every field becomes somebody else's, as if edited by hand."""
    for kind in (*CHILDREN, *OPTIONAL):
        for live in [
            live for (name, _), live in operator.cluster.objects.items() if name == kind.name
        ]:
            operator.cluster.have(live | {"metadata": live["metadata"] | {"managedFields": []}})


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
