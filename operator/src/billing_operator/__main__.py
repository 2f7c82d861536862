"""The program: runs the operator, or does one of its commands: python -m billing_operator."""

import argparse
import asyncio
import os
import sys
from typing import Any

import kopf
from kubernetes.aio import config
from kubernetes.aio.client import ApiClient, Configuration

from billing_operator import __version__, render
from billing_operator.api_cluster import open_client
from billing_operator.handlers import kopf_settings, register
from billing_operator.logs import set_up
from billing_operator.names import MANAGER
from billing_operator.settings import BadSettings, Settings
from billing_operator.wiring import Operator


async def connect() -> ApiClient:
    """A client for the cluster that this pod runs in; outside of one, for that of kubectl."""
    configuration = Configuration()
    try:
        config.load_incluster_config(client_configuration=configuration)
    except config.ConfigException:
        await config.load_kube_config(client_configuration=configuration)
    return open_client(configuration)


def login(**kwargs: Any) -> kopf.ConnectionInfo | None:
    """The same for kopf's own connections."""
    return kopf.login_with_service_account(**kwargs) or kopf.login_with_kubeconfig(**kwargs)


async def run(settings: Settings) -> None:
    """Runs until a signal comes."""
    registry = kopf.OperatorRegistry()
    kopf.on.login(registry=registry)(login)
    register(registry, Operator(settings, connect))
    await kopf.operator(
        registry=registry,
        settings=kopf_settings(settings),
        clusterwide=not settings.namespaces,
        namespaces=settings.namespaces,
        standalone=True,
        # kopf would ask for the user's name, which a pod's user has not; its type is not public.
        identity=MANAGER,  # type: ignore[arg-type]
    )


def main() -> None:
    """Does the command that was given; without one, reads the settings and runs."""
    parser = argparse.ArgumentParser(
        prog="billing-operator",
        description="Runs the operator, which BILLING_ variables set up, or one of its commands.",
    )
    parser.add_argument("--version", action="version", version=__version__)
    commands = parser.add_subparsers(dest="command", metavar="COMMAND")
    commands.add_parser("run", help="run the operator; so does no command at all")
    render.add_to(commands)
    arguments = parser.parse_args()
    if arguments.command == "render":
        render.run(arguments, os.environ)
    else:
        _serve()


def _serve() -> None:
    try:
        settings = Settings.from_env(os.environ)
    except BadSettings as error:
        sys.exit(str(error))
    set_up(settings.log_level)
    asyncio.run(run(settings))


if __name__ == "__main__":
    main()
