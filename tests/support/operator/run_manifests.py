"""Builds Jobs and pods of billing runs as the cluster has them; a test names only what matters."""

from typing import Any

from billing_operator.kinds import Manifest
from billing_operator.names import BILLING, labels
from billing_operator.runs.report import RunReport
from support.operator.builders import MADE, an_object

CRON_UID = "cron-uid"


def a_job(
    name: str = "run",
    *,
    suspend: bool = True,
    generation: int | None = None,
    ended: str = "",
    made: str = MADE,
    scheduled: str | None = None,
    owner: str = CRON_UID,
    **meta: Any,
) -> Manifest:
    """A Job that waits, unless told otherwise.

    Args:
        ended: the condition by which it has, Complete or Failed.
        owner: uid of its CronJob.
    """
    if ended:
        suspend = False
    annotation = {"batch.kubernetes.io/cronjob-scheduled-timestamp": scheduled}
    annotations = annotation if scheduled else {}
    live = an_object(
        "Job",
        name,
        creationTimestamp=made,
        generation=generation or (1 if suspend else 2),
        labels=labels("shop", BILLING),
        annotations=annotations,
        ownerReferences=[{"kind": "CronJob", "name": "shop-billing", "uid": owner}],
        **meta,
    )
    live["spec"] = {"suspend": suspend}
    conditions = [{"type": ended, "status": "True", "reason": ended}] if ended else []
    live["status"] = {"conditions": conditions}
    if not suspend:
        live["status"]["startTime"] = MADE
    return live


def a_run_pod(job: str = "run", report: RunReport | str | None = None, **state: Any) -> Manifest:
    """The pod of a run, ended with its report; keywords are states of its container."""
    owner = {"kind": "Job", "name": job, "uid": f"uid of {job}", "controller": True}
    live = an_object("Pod", f"{job}-x", labels=labels("shop", BILLING), ownerReferences=[owner])
    text = report.text() if isinstance(report, RunReport) else report
    if text is not None:
        state = {"terminated": {"message": text, "exitCode": 0}}
    container = {"name": BILLING, "image": "operator:1"}
    live["spec"] = {"restartPolicy": "Never", "containers": [container]}
    live["status"] = {"containerStatuses": [{"name": BILLING, "state": state}]}
    return live
