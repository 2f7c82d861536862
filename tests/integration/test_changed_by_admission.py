"""Policies of the cluster change children of a stack: no quarrel, no restart, nothing unseen."""

from billing_dev.eventually import eventually
from billing_operator.kinds import DEPLOYMENT, POD, Manifest
from billing_operator.names import ANTAEUS
from support.cluster.limits import PAID, REPAIRED_BY_EVENT
from support.cluster.mutating_policy import configuration, label, mutating
from support.cluster.workspace import Workspace, conditions, holds

_MANAGED_BY = "app.kubernetes.io/managed-by"
_MEMORY = ".spec.template.spec.containers[antaeus].resources.limits.memory"
_SPEC: Manifest = {
    "payment": {"successRate": 1},
    "antaeus": {"resources": {"limits": {"memory": "512Mi"}}},
}
# Whatever its container asks for; the operator's own fields beside it stay.
_GIVES_1_GI = """
Object{spec: Object.spec{template: Object.spec.template{spec: Object.spec.template.spec{
  containers: object.spec.template.spec.containers.map(each,
    Object.spec.template.spec.containers{
      name: each.name,
      resources: Object.spec.template.spec.containers.resources{limits: {"memory": "1Gi"}}
    })}}}}
"""


def test_what_a_policy_sets_is_left_alone_and_its_deletion_restarts_nothing(
    workspace: Workspace,
) -> None:
    """Neither at once, nor at a resync, nor with a new operator; a hand edit is still undone."""
    gives = configuration(_GIVES_1_GI)
    with workspace.operator() as operator:
        with mutating(workspace, gives, of=DEPLOYMENT, name="memory"):
            workspace.apply("shop", _SPEC)
            workspace.until_complete("shop")
            body = workspace.until("shop", lambda stack: holds(stack, "ChangedByAdmission"))
            assert _MEMORY in conditions(body)["ChangedByAdmission"]["message"]
            lives = workspace.antaeus_instances("shop")
            operator.until_idle()
            mark = workspace.audit.mark(workspace.namespace)

            eventually(lambda: workspace.api.pay(workspace.namespace, "shop"), within=PAID)
            workspace.until("shop", lambda stack: stack["status"]["invoices"]["pending"] == 0)
            assert _writes_of_children(workspace, mark) == []
            edit: Manifest = {"spec": {"progressDeadlineSeconds": 7}}
            workspace.kube.patch("deployment", "shop-antaeus", workspace.namespace, edit)
            eventually(
                lambda: _of_antaeus(workspace)["spec"]["progressDeadlineSeconds"],
                lambda found: found != 7,
                within=REPAIRED_BY_EVENT,
            )

        operator.resync()
        body = workspace.until(
            "shop", lambda stack: _MEMORY in stack["status"]["antaeus"].get("pendingUpdate", "")
        )
        limits = _of_antaeus(workspace)["spec"]["template"]["spec"]["containers"][0]["resources"]
        assert limits["limits"]["memory"] == "1Gi"
    with workspace.operator() as operator:
        workspace.until_complete("shop")
        operator.resync()
        operator.until_idle()
        assert workspace.antaeus_instances("shop") == lives
        assert not holds(workspace.read("shop"), "InvoicesReset")


def test_pods_that_a_policy_has_managed_by_somebody_else_are_read_as_any(
    workspace: Workspace,
) -> None:
    others = label(_MANAGED_BY, "Helm")
    with workspace.operator() as operator, mutating(workspace, others, of=POD, name="managed-by"):
        workspace.apply("shop", _SPEC)
        workspace.until_complete("shop")
        (pod,) = workspace.pods("shop", ANTAEUS)
        assert pod["metadata"]["labels"][_MANAGED_BY] == "Helm"
        assert _of_antaeus(workspace)["metadata"]["labels"][_MANAGED_BY] == "Helm"

        eventually(lambda: workspace.api.pay(workspace.namespace, "shop"), within=PAID)
        workspace.until("shop", lambda stack: stack["status"]["invoices"]["pending"] == 0)
        workspace.kube.delete("pod", pod["metadata"]["name"], workspace.namespace)

        workspace.until("shop", lambda stack: holds(stack, "InvoicesReset"))
        operator.until_idle()


def _of_antaeus(workspace: Workspace) -> Manifest:
    return workspace.api.read(DEPLOYMENT, workspace.namespace, "shop-antaeus") or {}


def _writes_of_children(workspace: Workspace, mark: str) -> list[str]:
    wrote = workspace.audit.writes_since(mark, workspace.namespace)
    others = ("billingstacks/", "events/", "pods/")
    return [each.what for each in wrote if not each.what.startswith(others)]
