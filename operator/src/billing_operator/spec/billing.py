"""What a stack says about when it bills by itself, and how long a run may take."""

from dataclasses import dataclass, field

from billing_operator.kinds import Manifest

# The schema's defaults (a test compares them).
DEFAULT_DEADLINE_SECONDS = 3600
DEFAULT_STARTING_SECONDS = 3600
DEFAULT_HISTORY = 3
RUN_RESOURCES: Manifest = {
    "requests": {"cpu": "10m", "memory": "32Mi"},
    "limits": {"memory": "128Mi"},
}


@dataclass(frozen=True, slots=True)
class Billing:
    """When and how a stack's pending invoices are charged without a person's pay call.

    Attributes:
        schedule: as cron has it; None where runs are made by hand alone.
        time_zone: that the schedule is meant in; None leaves it to the cluster.
        deadline_seconds: a run that takes longer is given up, though Antaeus may go on with it.
        starting_seconds: a run that could not begin within so long is skipped.
        succeeded_kept: so many Jobs of runs that went well are kept.
        failed_kept: so many of those that did not.
        pod_labels: of the pods of runs, besides the operator's.
        pod_annotations: the same of annotations.
    """

    schedule: str | None
    time_zone: str | None
    deadline_seconds: int
    starting_seconds: int
    succeeded_kept: int
    failed_kept: int
    resources: Manifest
    pod_labels: dict[str, str] = field(default_factory=dict)
    pod_annotations: dict[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, part: Manifest) -> "Billing":
        """Reads spec.billing."""
        return cls(
            schedule=part.get("schedule"),
            time_zone=part.get("timeZone"),
            deadline_seconds=part.get("activeDeadlineSeconds", DEFAULT_DEADLINE_SECONDS),
            starting_seconds=part.get("startingDeadlineSeconds", DEFAULT_STARTING_SECONDS),
            succeeded_kept=part.get("successfulJobsHistoryLimit", DEFAULT_HISTORY),
            failed_kept=part.get("failedJobsHistoryLimit", DEFAULT_HISTORY),
            resources=part.get("resources", RUN_RESOURCES),
            pod_labels=part.get("podLabels") or {},
            pod_annotations=part.get("podAnnotations") or {},
        )
