"""The CronJob that bills: its Jobs are made suspended, and begin once the operator lets them."""

from billing_operator.desired import workload
from billing_operator.desired.antaeus import base_url
from billing_operator.inputs import Installation
from billing_operator.kinds import Manifest
from billing_operator.names import (
    BILLING,
    MAY_PAY,
    MAY_PAY_FILE,
    PAID_BEFORE,
    PAID_BEFORE_FILE,
    RUN_COMMAND,
    RUN_DIR,
    UID_FILE,
    labels,
    part_name,
)
from billing_operator.spec.stack import Stack

# A CronJob can't be without one; it is suspended as long as it has this.
_NO_SCHEDULE = "0 0 1 1 *"
_NOBODY = 65532
# By a volume, since a variable would stay what it was when the container started.
_RUN_FILES = {
    UID_FILE: "metadata.uid",
    MAY_PAY_FILE: f"metadata.annotations['{MAY_PAY}']",
    PAID_BEFORE_FILE: f"metadata.annotations['{PAID_BEFORE}']",
}
_RUN_VOLUME = "run"


def service_account(stack: Stack) -> Manifest:
    """The account of the pods of runs."""
    return workload.service_account(stack, BILLING)


def cron_job(stack: Stack, installation: Installation) -> Manifest:
    """Always there: runs are made from it by hand whether there is a schedule or not."""
    wanted = stack.billing
    zone = {"timeZone": wanted.time_zone} if wanted.schedule and wanted.time_zone else {}
    return {
        "apiVersion": "batch/v1",
        "kind": "CronJob",
        "metadata": workload.part_metadata(stack, BILLING),
        "spec": {
            "schedule": wanted.schedule or _NO_SCHEDULE,
            **zone,
            "suspend": wanted.schedule is None or stack.hibernate,
            # Two pay calls at a time charge every invoice twice.
            "concurrencyPolicy": "Forbid",
            "startingDeadlineSeconds": wanted.starting_seconds,
            "successfulJobsHistoryLimit": wanted.succeeded_kept,
            "failedJobsHistoryLimit": wanted.failed_kept,
            "jobTemplate": {
                "metadata": {"labels": labels(stack.name, BILLING)},
                "spec": _job(stack, installation),
            },
        },
    }


def _job(stack: Stack, installation: Installation) -> Manifest:
    """One pod and never a second: nobody knows how far the first one's pay call came."""
    return {
        "suspend": True,
        "backoffLimit": 0,
        "podReplacementPolicy": "Failed",
        "activeDeadlineSeconds": stack.billing.deadline_seconds,
        "template": {"metadata": _pod_metadata(stack), "spec": _pod(stack, installation)},
    }


def _pod_metadata(stack: Stack) -> Manifest:
    """What the operator sets is stronger than what a user chose."""
    metadata: Manifest = {"labels": stack.billing.pod_labels | labels(stack.name, BILLING)}
    if stack.billing.pod_annotations:
        metadata["annotations"] = dict(stack.billing.pod_annotations)
    return metadata


def _pod(stack: Stack, installation: Installation) -> Manifest:
    return {
        "restartPolicy": "Never",
        "serviceAccountName": part_name(stack.name, BILLING),
        "automountServiceAccountToken": False,
        "enableServiceLinks": False,
        "securityContext": {
            "runAsNonRoot": True,
            "runAsUser": _NOBODY,
            "runAsGroup": _NOBODY,
            "seccompProfile": {"type": "RuntimeDefault"},
        },
        **_as_the_services(stack),
        "containers": [_container(stack, installation)],
        "volumes": [{"name": _RUN_VOLUME, "downwardAPI": {"items": _run_files()}}],
    }


def _run_files() -> list[Manifest]:
    return [
        {"path": file, "fieldRef": {"apiVersion": "v1", "fieldPath": field}}
        for file, field in _RUN_FILES.items()
    ]


def _as_the_services(stack: Stack) -> Manifest:
    """It runs where payment may, and is pulled by all Secrets that either service is pulled by."""
    of_payment, of_antaeus = stack.payment.pod.spec, stack.antaeus.pod.spec
    placed = ("nodeSelector", "tolerations")
    made = {name: of_payment[name] for name in placed if name in of_payment}
    secrets = [
        *of_payment.get("imagePullSecrets", []),
        *of_antaeus.get("imagePullSecrets", []),
    ]
    if names := list(dict.fromkeys(secret["name"] for secret in secrets)):
        made["imagePullSecrets"] = [{"name": name} for name in names]
    return made


def _container(stack: Stack, installation: Installation) -> Manifest:
    made: Manifest = {
        "name": BILLING,
        "image": installation.operator_image,
        "command": [RUN_COMMAND, base_url(stack)],
        "volumeMounts": [{"name": _RUN_VOLUME, "mountPath": RUN_DIR, "readOnly": True}],
        # What it says at its end is read from its own file alone: its log is for people.
        "terminationMessagePolicy": "File",
        "securityContext": {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]},
        },
    }
    if resources := {kind: of for kind, of in stack.billing.resources.items() if of}:
        made["resources"] = resources
    return made
