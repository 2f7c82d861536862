"""Asks payment's processes what they have accepted, and keeps what those left that have ended."""

import asyncio
from dataclasses import dataclass, field

from billing_operator.apps.answers import Totals
from billing_operator.apps.api import Apps
from billing_operator.apps.http import read_totals
from billing_operator.books.ledger import Count, Process, Processes
from billing_operator.errors import Waiting
from billing_operator.memory import Memories
from billing_operator.names import PAYMENT
from billing_operator.observed.stack import Observed, Pod
from billing_operator.spec.stack import Stack

_MOST_KEPT = 50
_SECONDS = 5.0


@dataclass(slots=True)
class _Ended:
    """Last counts of processes whose pods may have gone, oldest first."""

    counts: dict[Process, Totals] = field(default_factory=dict)


class ChargeCounter:
    """Counts over all processes of a stack's payment, also those that have just ended."""

    def __init__(self, apps: Apps, memories: Memories) -> None:
        self._apps = apps
        self._memories = memories

    def note_pods(self, uid: str, pods: tuple[Pod, ...]) -> None:
        """Takes in what ended containers left, since their pod may be gone the next time."""
        kept = self._memories.of(uid, _Ended).counts
        for pod in pods:
            for process, totals in _last_counts(pod):
                kept.setdefault(process, totals)
        # What a pod in sight still tells is never dropped: it would come back as news.
        in_sight = {pod.uid for pod in pods}
        gone = [process for process in kept if process.pod_uid not in in_sight]
        for process in gone[:-_MOST_KEPT]:
            del kept[process]

    async def ask(self, stack: Stack, seen: Observed) -> Processes:
        """Returns what each has counted.

        Raises:
            Waiting: one that runs does not tell.
        """
        pods = seen.all_of(PAYMENT)
        self.note_pods(stack.uid, pods)
        alive = [pod for pod in pods if pod.running]
        answers = await asyncio.gather(
            *(self._apps.totals(stack, pod) for pod in alive), return_exceptions=True
        )
        ended = self._memories.of(stack.uid, _Ended).counts
        collected = {process: Count.of(totals, last=True) for process, totals in ended.items()}
        for pod, totals in zip(alive, answers, strict=True):
            if isinstance(totals, Waiting):
                raise Waiting(totals.reason, _silence(stack, pod), seconds=_SECONDS)
            if isinstance(totals, BaseException):
                raise totals
            collected[Process(pod.uid, pod.restarts)] = Count.of(totals, last=False)
        return collected


def _silence(stack: Stack, pod: Pod) -> str:
    """Who does not tell, in words that stay the same as long as it does not."""
    text = f"payment pod {pod.name} on node {pod.node} does not tell what it accepted"
    if not pod.leaving:
        return text
    delete = f"kubectl delete --force -n {stack.namespace} pod {pod.name}"
    return f"{text}, and is to end. If its node is known to be gone: {delete}"


def _last_counts(pod: Pod) -> list[tuple[Process, Totals]]:
    counts: list[tuple[Process, Totals]] = []
    for restarts, text in pod.termination_messages:
        try:
            counts.append((Process(pod.uid, restarts), read_totals(text.encode())))
        except Waiting:
            # It left none, as one that was killed before it could serve.
            continue
    return counts
