"""Decides what waits for a batch: a write that would end the Antaeus that may be charging.

A restart in the middle of a batch cuts it off, and forgets what it has paid. So such a write is
held until the batch is over, for a bounded time, or until a person says that it may be cut off.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple

from billing_operator.kinds import Manifest, timestamp
from billing_operator.names import ANTAEUS, INTERRUPT_RUN
from billing_operator.observed.stack import AntaeusInstance, Observed, Pod
from billing_operator.spec.stack import Stack

# A broken Antaeus is not to keep the change from it that would mend it.
_LONGEST_UNREADY = timedelta(seconds=60)


@dataclass(frozen=True, slots=True)
class RestartHold:
    """A batch that no write of the operator cuts off.

    Attributes:
        batch: which it is, in words.
        until: when it is waited for no longer.
        command: by which a person has it cut off.
    """

    batch: str
    until: datetime
    command: str

    def message(self, what: str) -> str:
        """What a person is told of something that waits."""
        return (
            f"{what} waits for {self.batch}, which a restart of Antaeus would cut off, until "
            f"{self.until:%Y-%m-%dT%H:%M:%SZ} at the latest. To cut it off: {self.command}"
        )


def restart_hold(
    stack: Stack, seen: Observed, now: datetime, *, status_lost: bool = False
) -> RestartHold | None:
    """The batch that Antaeus may be charging for by the status, as long as it is to be waited for.

    Of a batch without an instance nobody knows in which Antaeus it is, so it may be any.

    Args:
        status_lost: whether no status tells of a batch, though there may be one.
    """
    billing = stack.status.get("billing") or {}
    if status_lost:
        # As the status is going to say in this pass.
        billing = {"unknownPast": {"time": timestamp(now)}}
    holds = (_hold(stack, seen, batch) for batch in _batches(billing))
    return max((hold for hold in holds if hold and now < hold.until), default=None, key=_until)


def seconds_held(stored: Manifest | None, seen: Observed, now: datetime) -> float:
    """How long a change still waits, by the stack as stored: 0 once no batch is known.

    No watch tells of an end that the operator itself has written down.
    """
    hold = restart_hold(Stack.from_body(stored), seen, now) if stored else None
    return (hold.until - now).total_seconds() if hold else 0.0


class _Batch(NamedTuple):
    """A batch by its record in the status.

    Attributes:
        what: which it is, in words.
        name: what names it to an annotation.
    """

    record: Manifest
    what: str
    since: str
    name: str


def _batches(billing: Manifest) -> Iterator[_Batch]:
    running: Manifest = billing.get("running") or {}
    if running.get("leaveTime"):
        yield _Batch(running, f"run {running['job']}", running["leaveTime"], running["uid"])
    if unresolved := billing.get("unresolvedRun"):
        what = f"run {unresolved['job']}, whose end nobody saw"
        yield _Batch(unresolved, what, unresolved["time"], unresolved["uid"])
    if unmanaged := billing.get("unmanagedRun"):
        yield _Batch(unmanaged, "a direct pay call", unmanaged["time"], unmanaged["time"])
    if past := billing.get("unknownPast"):
        yield _Batch(past, "what may be charged since the status was lost", *[past["time"]] * 2)


def _hold(stack: Stack, seen: Observed, batch: _Batch) -> RestartHold | None:
    charging = AntaeusInstance.of(batch.record)
    hosts = [pod for pod in seen.of(ANTAEUS) if pod.running]
    if charging:
        hosts = [pod for pod in hosts if pod.may_host(charging)]
    if not hosts or stack.interrupted_run == batch.name:
        return None
    longest = timedelta(seconds=stack.billing.deadline_seconds)
    until = datetime.fromisoformat(batch.since) + longest
    until = min(until, max(_healthy_until(pod) or until for pod in hosts))
    command = (
        f"kubectl annotate --overwrite -n {stack.namespace} bst {stack.name} "
        f"{INTERRUPT_RUN}={batch.name}"
    )
    return RestartHold(batch.what, until, command)


def _healthy_until(pod: Pod) -> datetime | None:
    """When it has been unready for too long to be only busy with its batch; None while ready."""
    since = None if pod.ready else pod.ready_changed
    return datetime.fromisoformat(since) + _LONGEST_UNREADY if since else None


def _until(hold: RestartHold) -> datetime:
    return hold.until
