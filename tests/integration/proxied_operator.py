"""The operator as a program that reaches the stacks' pods from outside the cluster.

It works from the moment it starts, without an election: there is one at a time, and a test that
kills it twenty times would mostly wait for a lease to run out.
"""

import asyncio
import os
import sys
from pathlib import Path

from billing_dev.clients.api_server import Access
from billing_operator.process.logs import set_up
from billing_operator.process.replica import connect, lead
from billing_operator.process.wiring import Operator
from billing_operator.settings import Settings
from support.cluster.proxy_apps import ProxyApps

MODULE = "integration.proxied_operator"


def arguments(access: Access) -> tuple[str, ...]:
    """What the program is started with."""
    return MODULE, access.server, str(access.ca), str(access.certificate), str(access.key)


async def _run(access: Access) -> None:
    settings, apps = Settings.from_env(os.environ), ProxyApps(access)
    set_up(settings.log_level)
    operator = Operator(settings, connect, apps)
    await apps.open()
    await operator.stand_by()
    await lead(operator, asyncio.Event())


if __name__ == "__main__":
    server, *files = sys.argv[1:]
    asyncio.run(_run(Access(server, *map(Path, files))))
