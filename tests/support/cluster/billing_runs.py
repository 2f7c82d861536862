"""Billing runs on the tests' cluster: made as people make them, and looked at from all sides."""

from collections import Counter
from collections.abc import Callable

from billing_dev.eventually import eventually
from billing_operator.kinds import CRON_JOB, EVENT, JOB, POD, Manifest
from billing_operator.names import ANTAEUS, BILLING, PAYMENT, part_name, selector_text
from support.cluster.charges import lines
from support.cluster.limits import NOTICED, ROLLOUT
from support.cluster.workspace import Workspace

STACK = "shop"


def make_run(workspace: Workspace, name: str) -> None:
    """As the README has it."""
    source = f"--from=cronjob/{part_name(STACK, BILLING)}"
    workspace.kube("-n", workspace.namespace, "create", "job", name, source)


def make_run_at_once(
    workspace: Workspace, name: str, changed: Callable[[Manifest], Manifest] = lambda spec: spec
) -> None:
    """The same without the time that kubectl takes to start.

    Args:
        changed: what a policy makes of the Job's spec.
    """
    cron_job = workspace.api.read(CRON_JOB, workspace.namespace, part_name(STACK, BILLING))
    assert cron_job is not None
    template = cron_job["spec"]["jobTemplate"]
    owner = {
        "apiVersion": CRON_JOB.api_version,
        "kind": CRON_JOB.name,
        "name": cron_job["metadata"]["name"],
        "uid": cron_job["metadata"]["uid"],
        "controller": True,
    }
    workspace.api.apply(
        JOB,
        {
            "apiVersion": JOB.api_version,
            "kind": JOB.name,
            "metadata": {
                "name": name,
                "namespace": workspace.namespace,
                "labels": template["metadata"]["labels"],
                "ownerReferences": [owner],
            },
            "spec": changed(template["spec"]),
        },
    )


def of_billing(stack: Manifest) -> Manifest:
    """What a stack's status says of billing."""
    found: Manifest = stack.get("status", {}).get("billing", {})
    return found


def until_run(
    workspace: Workspace, name: str, outcome: str | None = None, *, within: float = ROLLOUT
) -> Manifest:
    """Waits until a run is the last that ended, and returns what is told of it."""
    body = workspace.until(
        STACK, lambda stack: of_billing(stack).get("lastRun", {}).get("job") == name, within=within
    )
    last: Manifest = of_billing(body)["lastRun"]
    assert outcome in (None, last["outcome"]), last
    return last


def until_billing(
    workspace: Workspace, wanted: Callable[[Manifest], object], *, within: float = ROLLOUT
) -> Manifest:
    """Waits until what the status says of billing is as wanted, and returns that."""
    return of_billing(
        workspace.until(STACK, lambda stack: wanted(of_billing(stack)), within=within)
    )


def events(workspace: Workspace) -> list[tuple[str, str]]:
    """Types and reasons of the Events about billing, in no order."""
    found = workspace.api.list(EVENT, workspace.namespace)
    about = ("BillingRun", "UnmanagedPayCall", "DoubleCharge")
    ours = [each for each in found if each["reason"].startswith(about)]
    return [(each["type"], each["reason"]) for each in ours]


def run_pods(workspace: Workspace) -> list[Manifest]:
    """The pods of runs."""
    return workspace.api.list(POD, workspace.namespace, selector_text(STACK, BILLING))


def charged(workspace: Workspace) -> Counter[int]:
    """How often each invoice was sent to payment by the Antaeus of now, by its own log."""
    (pod,) = workspace.pods(STACK, ANTAEUS)
    log = workspace.kube("-n", workspace.namespace, "logs", pod["metadata"]["name"])
    return Counter({line["invoice"]: line["sent"] for line in lines(log, "charge")})


def accepted(workspace: Workspace) -> Counter[tuple[int, float]]:
    """How often payment accepted each charge, by customer and amount, in the logs of its pods."""
    logs = [
        workspace.kube("-n", workspace.namespace, "logs", pod["metadata"]["name"])
        for pod in workspace.pods(STACK, PAYMENT)
    ]
    told = [line for log in logs for line in lines(log, "charge")]
    return Counter(
        (line["customer_id"], line["value"]) for line in told if line["outcome"] == "accepted"
    )


def until_charging(workspace: Workspace) -> None:
    """Waits until Antaeus is in the middle of a batch."""
    eventually(lambda: len(charged(workspace)) > 0, within=ROLLOUT, every=0.5)


def until_noticed(workspace: Workspace, kind: str, reason: str, *, within: float = NOTICED) -> None:
    """Waits for an Event."""
    eventually(lambda: (kind, reason) in events(workspace), within=within)


def waits_for(billing: Manifest, reason: str) -> bool:
    """Whether a run waits for this."""
    return bool(billing.get("waiting", {}).get("reason") == reason)
