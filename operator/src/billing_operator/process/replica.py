"""Runs one replica of the operator: on standby until it is the leader, then until it ends."""

import asyncio
import logging
import os
import secrets
import signal
import socket
from collections.abc import Callable
from functools import partial
from typing import Any

import kopf
from kubernetes.aio import config
from kubernetes.aio.client import ApiClient, Configuration

from billing_operator.controller.reconcile import utc_now
from billing_operator.kinds import Key
from billing_operator.kube.client import ApiCluster, open_client
from billing_operator.metrics import Metrics
from billing_operator.names import MANAGER
from billing_operator.process.election import Candidate, Elector, LeaseLost, work_while_leading
from billing_operator.process.handlers import kopf_settings, register
from billing_operator.process.wiring import Operator
from billing_operator.settings import Settings

log = logging.getLogger(__name__)

# For each request about the lease; the election itself gives up sooner.
_LEASE_SECONDS = 10.0


async def connect(may_write: Callable[[], bool] | None = None) -> ApiClient:
    """A client for the cluster that this pod runs in; outside of one, for that of kubectl."""
    configuration = Configuration()
    try:
        config.load_incluster_config(client_configuration=configuration)
    except config.ConfigException:
        await config.load_kube_config(client_configuration=configuration)
    return open_client(configuration, may_write)


def login(**kwargs: Any) -> kopf.ConnectionInfo | None:
    """The same for kopf's own connections, which only read."""
    return kopf.login_with_service_account(**kwargs) or kopf.login_with_kubeconfig(**kwargs)


def candidate(settings: Settings) -> Candidate:
    """This replica as a candidate.

    By the name of its pod, a container that was started again is its own successor and need not
    wait: the one before has ended. Outside of a pod nobody vouches for that.
    """
    name = settings.pod_name or f"{socket.gethostname()}-{secrets.token_hex(4)}"
    return Candidate(Key(settings.operator_namespace, settings.lease_name), name)


async def run(settings: Settings) -> None:
    """Runs until a signal comes; the process ends at once where the lease is lost."""
    client, metrics = await connect(), Metrics()
    leases = ApiCluster(client, metrics, namespaces=(), timeout=_LEASE_SECONDS)
    elector = Elector(leases, candidate(settings), now=utc_now)
    operator = Operator(settings, partial(connect, elector.may_write), metrics=metrics)
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    try:
        await operator.stand_by()
        await work_while_leading(elector, partial(lead, operator, stop), stop)
    except LeaseLost as error:
        log.critical("lost the lease", extra={"why": str(error)})
        # Nothing that is under way may go on, and another replica is at work already.
        os._exit(1)
    finally:
        await operator.stop()
        await client.close()


async def lead(operator: Operator, stop: asyncio.Event) -> None:
    """Watches and works until it is told to stop, or a signal comes."""
    registry = kopf.OperatorRegistry()
    kopf.on.login(registry=registry)(login)
    register(registry, operator)

    async def ended(**_: Any) -> None:
        # kopf's handlers of signals have taken the place of ours, which would have set it; kopf's
        # own task that waits for it counts as hung, and is given 5 s.
        stop.set()

    kopf.on.cleanup(registry=registry)(ended)
    settings = operator.settings
    await kopf.operator(
        registry=registry,
        settings=kopf_settings(settings),
        clusterwide=not settings.namespaces,
        namespaces=settings.namespaces,
        standalone=True,
        stop_flag=stop,
        # kopf would ask for the user's name, which a pod's user has not; its type is not public.
        identity=MANAGER,  # type: ignore[arg-type]
    )
