"""The role of the installed operator, held against what the API server saw it ask for."""

import json
from collections.abc import Callable
from functools import partial
from operator import eq, not_

from billing_dev.clients.api_server import ApiServer
from billing_dev.clients.audit import AuditLog, Right, rights_of
from billing_dev.clients.kube import Kube, Manifest
from billing_dev.eventually import eventually
from billing_dev.installation import NAMESPACE, wait_for_operator
from billing_operator.names import STACK_LABEL
from support.cluster import pod_monitors
from support.cluster.limits import ROLLOUT
from support.cluster.namespaces import a_namespace
from support.cluster.running_stack import RunningStack

_OPERATOR = "deployment/billing-operator"
_SCHEDULED = "batch.kubernetes.io/cronjob-scheduled-timestamp"
# All that a stack makes and that somebody may delete, but for its Secret.
_CHILDREN = (
    "configmap,cronjob,deployment,horizontalpodautoscaler,ingress,networkpolicy,poddisruptionbudget,"
    "service,serviceaccount"
)
_VOLUME = {"mountPath": "/data", "template": {"size": "16Mi"}}


def test_the_role_grants_what_is_used_and_nothing_else(
    kube: Kube,
    api: ApiServer,
    installed: object,  # noqa: ARG001 - whose role it is
    audit: AuditLog,
) -> None:
    """Over a start of the operator and a stack's life with every change that needs a right."""
    mark = audit.mark(NAMESPACE)
    with pod_monitors.known(kube), a_namespace(api, "rights") as namespace:
        kube("-n", NAMESPACE, "rollout", "restart", _OPERATOR)
        # It is made again, by whoever leads by then.
        kube.delete("lease", "billing-operator", NAMESPACE)
        wait_for_operator(kube)
        stack = RunningStack(kube, namespace, "shop")
        stack.make({})
        stack.change(
            antaeus={"ingress": {"enabled": True}, "persistence": _VOLUME},
            monitoring={"enabled": True},
            payment={"successRate": 1, "autoscaling": {"maxReplicas": 2}},
            billing={"schedule": "@yearly"},
        )
        _bill(stack)
        _delete_children(stack)
        stack.until_rotated(stack.ask_for_another_token())
        stack.change(
            antaeus={"ingress": {"enabled": False}},
            monitoring={"enabled": False},
            networkPolicy={"enabled": False},
            payment={"autoscaling": None},
        )
        kube.delete("billingstack", stack.name, namespace, "--wait=true")

    records = audit.everywhere_since(mark, NAMESPACE)
    asked = [record for record in records if "objectRef" in record]
    # Of namespaces that earlier tests left, some may still be on their way out.
    here = [each for each in asked if each["objectRef"].get("namespace") in (None, namespace)]
    assert [each for each in here if each["responseStatus"].get("code") == 403] == []
    used = set().union(*(rights_of(record) for record in asked))
    assert used == _granted(kube)
    _assert_secrets_by_name(asked)


def _bill(stack: RunningStack) -> None:
    """One run whose pod is refused, one that bills, and one whose time was long ago."""
    inside = ("-n", stack.namespace)
    make = ("create", "job", "--from=cronjob/shop-billing")
    meta = {"name": "none", "namespace": stack.namespace}
    quota = {"apiVersion": "v1", "kind": "ResourceQuota", "metadata": meta}
    stack.kube.apply({**quota, "spec": {"hard": {"pods": "0"}}})
    stack.kube(*inside, *make, "refused")
    eventually(partial(_why_stuck, stack), _is_of_the_quota, within=ROLLOUT)
    stack.kube.delete("resourcequota", "none", stack.namespace)
    stack.kube.delete("job", "refused", stack.namespace)
    last = eventually(partial(_last_run, stack), _is_of("refused"), within=ROLLOUT)
    assert last["outcome"] == "NotSent", last
    stack.kube(*inside, *make, "by-hand")
    late = json.loads(stack.kube(*inside, *make, "late", "--dry-run=client", "-o", "json"))
    late["metadata"]["annotations"] |= {_SCHEDULED: "2020-01-01T00:00:00Z"}
    stack.kube.apply(late)
    for record, job in (("lastRun", "by-hand"), ("lastSkipped", "late")):
        eventually(partial(_told_job, stack, record), partial(eq, job), within=ROLLOUT)
    eventually(partial(stack.kube.get, "job", "late", stack.namespace), not_, within=ROLLOUT)


def _why_stuck(stack: RunningStack) -> str:
    running: Manifest = stack.read()["status"].get("billing", {}).get("running") or {}
    return str(running.get("message") or "")


def _is_of_the_quota(message: str) -> bool:
    return "no pod is made" in message and "exceeded quota: none" in message


def _last_run(stack: RunningStack) -> Manifest:
    last: Manifest = stack.read()["status"].get("billing", {}).get("lastRun") or {}
    return last


def _is_of(job: str) -> Callable[[Manifest], bool]:
    return lambda last: last.get("job") == job


def _told_job(stack: RunningStack, record: str) -> str | None:
    found: str | None = stack.read()["status"]["billing"].get(record, {}).get("job")
    return found


def _assert_secrets_by_name(asked: list[Manifest]) -> None:
    secrets = [record for record in asked if record["objectRef"]["resource"] == "secrets"]
    assert {record["verb"] for record in secrets} == {"get", "create", "update"}
    assert all(_names_of(secrets, "get"))
    assert _names_of(secrets, "update") == {"shop-token"}


def _names_of(records: list[Manifest], verb: str) -> set[str | None]:
    return {each["objectRef"].get("name") for each in records if each["verb"] == verb}


def _delete_children(stack: RunningStack) -> None:
    """One after the other; each comes back before the next one goes."""
    for (kind, name), uid in _children(stack).items():
        stack.kube.delete(kind, name, stack.namespace)
        eventually(partial(_uid, stack, kind, name), partial(_is_another, uid), within=ROLLOUT)


def _children(stack: RunningStack) -> dict[tuple[str, str], str]:
    found = stack.kube.list(_CHILDREN, stack.namespace, f"{STACK_LABEL}={stack.name}")
    return {(each["kind"], each["metadata"]["name"]): each["metadata"]["uid"] for each in found}


def _uid(stack: RunningStack, kind: str, name: str) -> str | None:
    live = stack.kube.get(kind, name, stack.namespace)
    return str(live["metadata"]["uid"]) if live else None


def _is_another(before: str, now: str | None) -> bool:
    return now not in (None, before)


def _granted(kube: Kube) -> set[Right]:
    what = "clusterrole/billing-operator", "role/billing-operator"
    granted = json.loads(kube("-n", NAMESPACE, "get", *what, "-o", "json"))["items"]
    return {
        (group, resource, verb)
        for role in granted
        for rule in role["rules"]
        for group in rule["apiGroups"]
        for resource in rule["resources"]
        for verb in rule["verbs"]
    }
