"""Whatever somebody deletes or edits is put right at once, and nothing else is touched."""

import json
import time

from billing_dev.eventually import eventually
from billing_operator.kinds import BY_NAME, SECRET, Manifest, Ref
from billing_operator.names import ANTAEUS, APPLIED_TEMPLATE, PAYMENT, RENEW_TOKEN, STACK_LABEL
from measurements import Measurements
from support.cluster.final_checks import assert_at_rest, assert_settled, children
from support.cluster.limits import NOTICED, REPAIRED_BY_EVENT
from support.cluster.workspace import Workspace, holds

_ANTAEUS = Ref("Deployment", "shop-antaeus")
_PAYMENT = Ref("Deployment", "shop-payment")
_POLICY = Ref("NetworkPolicy", "shop-payment")
_PROFILE = Ref("ConfigMap", "shop-profile")
_CRON_JOB = Ref("CronJob", "shop-billing")
_SERVICE = Ref("Service", "shop-payment")


def _container(name: str, **fields: object) -> Manifest:
    return {"spec": {"template": {"spec": {"containers": [{"name": name, **fields}]}}}}


def _charges_at(target: object) -> Manifest:
    port = {"name": "charges", "port": 9000, "targetPort": target, "protocol": "TCP"}
    return {"spec": {"ports": [port]}}


def _also_at(port: int) -> Manifest:
    """Our port's name given to another one, which can't stand beside ours."""
    moved = {"$patch": "delete", "port": 9000}
    return {"spec": {"ports": [moved, {"name": "charges", "port": port, "protocol": "TCP"}]}}


_ANOTHER_PROBE = {"httpGet": None, "tcpSocket": {"port": 9001}}


# What a person may come to edit by hand; none of it changes the pod that Antaeus runs in.
_EDITS: tuple[tuple[Ref, Manifest], ...] = (
    (_PAYMENT, _container(PAYMENT, image="elsewhere:1")),
    (_PAYMENT, _container(PAYMENT, env=[{"name": "PAYMENT_REQUIRE_TOKEN", "value": "false"}])),
    (_PAYMENT, {"spec": {"replicas": 2}}),
    (_PAYMENT, {"metadata": {"labels": {"app.kubernetes.io/managed-by": None}}}),
    (_ANTAEUS, {"spec": {"progressDeadlineSeconds": 7}}),
    (_ANTAEUS, {"metadata": {"annotations": {APPLIED_TEMPLATE: "{}"}}}),
    (_ANTAEUS, {"metadata": {"labels": {STACK_LABEL: "another"}}}),
    # From here to the Service: what the API server takes only in place of ours, not beside it.
    (_ANTAEUS, {"spec": {"strategy": {"type": "RollingUpdate"}}}),
    (_PAYMENT, {"spec": {"strategy": {"type": "Recreate", "rollingUpdate": None}}}),
    (_PAYMENT, _container(PAYMENT, livenessProbe=_ANOTHER_PROBE)),
    (_SERVICE, _charges_at(9999)),
    (_SERVICE, _also_at(9009)),
    (_SERVICE, {"spec": {"selector": {"odd": "one"}}}),
    (_POLICY, {"spec": {"ingress": [{}]}}),
    (_POLICY, {"spec": {"podSelector": {"matchLabels": {STACK_LABEL: "another"}}}}),
    (_POLICY, {"spec": {"policyTypes": ["Egress"]}}),
    (_PROFILE, {"data": {"profile.json": "{}"}}),
    (Ref("ServiceAccount", "shop-payment"), {"automountServiceAccountToken": True}),
    # Runs would overlap, or begin without being let.
    (_CRON_JOB, {"spec": {"concurrencyPolicy": "Allow"}}),
    (_CRON_JOB, {"spec": {"jobTemplate": {"spec": {"suspend": False}}}}),
)


def test_each_deleted_child_comes_back_within_5_seconds(
    workspace: Workspace, measurements: Measurements
) -> None:
    """Antaeus' Deployment goes last, since without it Antaeus begins a new life."""
    with workspace.operator() as operator:
        workspace.apply("shop")
        workspace.until_ready("shop")
        lives = workspace.antaeus_instances("shop")
        names = {name for name in children(workspace, "shop") if name.kind != SECRET.name}

        took = [_seconds_without(workspace, name) for name in sorted(names - {_ANTAEUS})]
        assert_settled(workspace, operator, "shop", lives=lives)
        took.append(_seconds_without(workspace, _ANTAEUS))

        measurements.note("the slowest deleted child is back, limit 5 s", max(took), "s")
        operator.resync()
        workspace.until_ready("shop")
        later = workspace.antaeus_instances("shop")
        assert later.isdisjoint(lives)
        assert_settled(workspace, operator, "shop", lives=later)


def test_a_lost_token_is_never_replaced_unasked_while_antaeus_runs(workspace: Workspace) -> None:
    """Another token would restart Antaeus, which charges everybody again."""
    with workspace.operator() as operator:
        workspace.apply("shop")
        workspace.until_complete("shop")
        lives = workspace.antaeus_instances("shop")

        workspace.kube.delete("secret", "shop-token", workspace.namespace)
        operator.resync()

        body = workspace.until("shop", lambda stack: holds(stack, "TokenLost"), within=NOTICED)
        assert RENEW_TOKEN in next(
            found["message"] for found in body["status"]["conditions"] if found["type"] == "Ready"
        )
        assert_at_rest(workspace, operator)
        assert workspace.api.read(SECRET, workspace.namespace, "shop-token") is None
        assert workspace.antaeus_instances("shop") == lives

        asked = ("annotate", "billingstack", "shop", f"{RENEW_TOKEN}=1")
        workspace.kube("-n", workspace.namespace, *asked)

        workspace.until_ready("shop")
        later = workspace.antaeus_instances("shop")
        assert later.isdisjoint(lives)
        assert_settled(workspace, operator, "shop", lives=later)


def test_edits_by_hand_are_undone_and_what_others_added_stays(workspace: Workspace) -> None:
    with workspace.operator() as operator:
        workspace.apply("shop")
        workspace.until_ready("shop")
        lives = workspace.antaeus_instances("shop")
        _decorate(workspace)

        for name, edit in _EDITS:
            _edit_and_see_it_undone(workspace, name, edit)

        assert_settled(workspace, operator, "shop", lives=lives)
        for name, live in children(workspace, "shop").items():
            assert live["metadata"]["labels"]["team"] == "billing", name
            assert live["metadata"]["annotations"]["note"] == "ours", name
        pod = _read(workspace, _PAYMENT)["spec"]["template"]["spec"]
        assert {container["name"] for container in pod["containers"]} == {PAYMENT, "sidecar"}


def test_a_template_edited_by_hand_is_put_right_even_for_antaeus(workspace: Workspace) -> None:
    """Where the edit itself has cost Antaeus its life."""
    with workspace.operator() as operator:
        workspace.apply("shop")
        workspace.until_ready("shop")

        _edit_and_see_it_undone(workspace, _ANTAEUS, _container(ANTAEUS, image="elsewhere:1"))
        in_place_of_ours = {"name": "PAYMENTS_API_TOKEN", "value": "by hand", "valueFrom": None}
        _edit_and_see_it_undone(workspace, _ANTAEUS, _container(ANTAEUS, env=[in_place_of_ours]))

        operator.resync()
        workspace.until_ready("shop")
        assert_settled(workspace, operator, "shop", lives=workspace.antaeus_instances("shop"))


def _seconds_without(workspace: Workspace, name: Ref) -> float:
    """Deletes a child and returns how long it was before there was another."""
    uid = _read(workspace, name)["metadata"]["uid"]
    began = time.monotonic()
    workspace.kube.delete(name.kind, name.name, workspace.namespace, "--wait=false")
    eventually(
        lambda: _read(workspace, name).get("metadata", {}).get("uid", uid),
        lambda found: found != uid,
        within=REPAIRED_BY_EVENT,
        every=0.02,
    )
    return time.monotonic() - began


def _edit_and_see_it_undone(workspace: Workspace, name: Ref, edit: Manifest) -> None:
    before = _content(_read(workspace, name))
    workspace.kube(
        *("patch", name.kind, name.name, "-n", workspace.namespace),
        *("--type=strategic", "-p", json.dumps(edit)),
    )
    eventually(
        lambda: _content(_read(workspace, name)),
        lambda now: now == before,
        within=REPAIRED_BY_EVENT,
        every=0.02,
    )


def _decorate(workspace: Workspace) -> None:
    """Adds what other programs and people add: labels, annotations, a container."""
    everything = [f"{name.kind}/{name.name}" for name in children(workspace, "shop")]
    workspace.kube("-n", workspace.namespace, "label", *everything, "team=billing")
    workspace.kube("-n", workspace.namespace, "annotate", *everything, "note=ours")
    wait = ["python3", "-c", "import signal; signal.sigwait([signal.SIGTERM])"]
    sidecar = _container("sidecar", image=workspace.images.payment, command=wait)
    patch = ("--type=strategic", "-p", json.dumps(sidecar))
    workspace.kube("-n", workspace.namespace, "patch", _PAYMENT.kind, _PAYMENT.name, *patch)


def _read(workspace: Workspace, name: Ref) -> Manifest:
    return workspace.api.read(BY_NAME[name.kind], workspace.namespace, name.name) or {}


def _content(live: Manifest) -> Manifest:
    """All of an object but what the API server and controllers write into it."""
    meta = live["metadata"]
    annotations = {
        name: value
        for name, value in meta.get("annotations", {}).items()
        if name != "deployment.kubernetes.io/revision"
    }
    rest = {name: of for name, of in live.items() if name not in ("metadata", "status")}
    return {**rest, "labels": meta.get("labels"), "annotations": annotations}
