"""Posts the Events of a stack; an Event that can't be posted never keeps a stack from its work."""

import logging
import secrets
from collections.abc import Callable, Iterable
from datetime import datetime

from billing_operator.errors import ClusterError, NamespaceLeaving
from billing_operator.kinds import BILLING_STACK, EVENT, Manifest, timestamp
from billing_operator.kube.api import Cluster
from billing_operator.metrics import Metrics
from billing_operator.names import MANAGER
from billing_operator.reasons import Reason
from billing_operator.spec.stack import Stack
from billing_operator.status.events import StackEvent

log = logging.getLogger(__name__)


class EventRecorder:
    """Posts what a change of a status is worth."""

    def __init__(self, cluster: Cluster, metrics: Metrics, *, now: Callable[[], datetime]) -> None:
        self._cluster = cluster
        self._metrics = metrics
        self._now = now

    async def record(self, stack: Stack, events: Iterable[StackEvent]) -> None:
        """Posts one Event after the other."""
        for one in events:
            if one.reason == Reason.INVOICES_RESET:
                self._metrics.invoice_resets.labels(*stack.key).inc()
            log.info("announced", extra={"stack": str(stack.key), "reason": one.reason})
            try:
                await self._cluster.create(_event(stack, one, self._now()))
            except NamespaceLeaving:
                # Nobody could read it: everything there goes.
                continue
            except ClusterError as error:
                log.warning("no Event", extra={"stack": str(stack.key), "why": error.message})


def _event(stack: Stack, one: StackEvent, now: datetime) -> Manifest:
    return {
        "apiVersion": EVENT.api_version,
        "kind": EVENT.name,
        "metadata": {
            "name": f"{stack.name}.{secrets.token_hex(8)}",
            "namespace": stack.namespace,
        },
        "involvedObject": {
            "apiVersion": BILLING_STACK.api_version,
            "kind": BILLING_STACK.name,
            "namespace": stack.namespace,
            "name": stack.name,
            "uid": stack.uid,
        },
        "type": one.type,
        "reason": one.reason,
        "message": one.message[:1024],
        "count": 1,
        "firstTimestamp": timestamp(now),
        "lastTimestamp": timestamp(now),
        "source": {"component": MANAGER},
        "reportingComponent": MANAGER,
        "reportingInstance": MANAGER,
    }
