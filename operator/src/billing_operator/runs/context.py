"""What a billing run depends on, as one pass has found it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from billing_operator.apps.sums import count_of
from billing_operator.books.ledger import Ledger
from billing_operator.invoices.activity import Activity
from billing_operator.invoices.readings import Reading
from billing_operator.observed.stack import AntaeusInstance, Pod
from billing_operator.runs.jobs import Run, RunPod
from billing_operator.runs.report import RunReport


@dataclass(frozen=True, slots=True)
class ObservedRuns:
    """What there is to see of a stack's runs.

    Attributes:
        activity: None where nobody asked for it.
        quiet_seconds: for so long nothing may move before a batch counts as over.
        with_leave: pods that may pay and have not ended, of whatever run.
        reports: what pods said at their end, by their uid, also of some that have gone.
        refused: why no pod is made for a Job that was let begin, by its uid, if anything is known.
        orphans: names of Jobs that wait, and are none of the CronJob's.
    """

    runs: tuple[Run, ...]
    activity: Activity | None
    quiet_seconds: float
    with_leave: tuple[RunPod, ...] = ()
    reports: Mapping[str, RunReport] = field(default_factory=dict)
    refused: Mapping[str, str] = field(default_factory=dict)
    orphans: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class AdmissionContext:
    """What else a run depends on.

    Attributes:
        reading: the last one of the invoices, if there was one.
        instance: the Antaeus that answers now, if one does.
        unready: why the stack is not ready; empty where it is.
        reset: whether Antaeus forgot payments, and nobody has dealt with that.
        rotating: whether the token is being replaced.
        takes_charges: whether a payment pod is ready.
        antaeus_pods: those that are there, the ones that end included.
        ledger: what payment has accepted since the stack was made.
        status_lost: whether the stack has no status, beside an Antaeus that has been at work.
        unread: what kept the last reading from being whole, in words.
        first_antaeus: whether the Antaeus that answers is known to be the first of the stack, or to
            have all that was ever paid.
        schedule_applied: when the CronJob was given the schedule of the spec, if it has it.
    """

    reading: Reading | None
    instance: AntaeusInstance | None
    unready: str
    reset: bool
    rotating: bool
    now: datetime
    takes_charges: bool
    antaeus_pods: tuple[Pod, ...] = ()
    ledger: Ledger | None = None
    status_lost: bool = False
    first_antaeus: bool = False
    unread: str = ""
    schedule_applied: datetime | None = None

    @property
    def charges(self) -> int:
        """So many charges payment has accepted, as far as is known."""
        return count_of(self.ledger.total) if self.ledger else 0

    def host_of(self, instance: AntaeusInstance) -> Pod | None:
        """The pod in which a start of Antaeus may still be at work; None where it is over."""
        return next((pod for pod in self.antaeus_pods if pod.may_host(instance)), None)


def payments_are_kept(context: AdmissionContext) -> bool:
    """Whether nothing can be forgotten, and as many are paid as charges are known of.

    The charges alone do not tell: payment may have been restarted as well, and an Antaeus may have
    invoices that are paid from its start on.
    """
    reading = context.reading
    if reading is None or reading.accepted is None or not context.first_antaeus:
        return False
    return context.charges <= reading.counts.paid
