"""A change that is taken just before a status is written is seen, though its own event is late."""

import asyncio
from concurrent.futures import ThreadPoolExecutor

from aiohttp import web

from billing_dev.clients.api_server import ApiServer
from billing_operator.kinds import BILLING_STACK
from support.cluster.api_faults import Rule, Seen
from support.cluster.api_proxy import ApiProxy
from support.cluster.final_checks import assert_as_desired, assert_at_rest
from support.cluster.limits import NOTICED
from support.cluster.workspace import NO_PODS, Workspace, is_ready

_RATES = (0.6, 0.7, 0.8)


def _is_of_the_status(seen: Seen) -> bool:
    return seen.writes and seen.path.endswith("/billingstacks/shop/status")


def test_a_change_just_before_a_status_is_written_is_in_effect_at_once(
    workspace: Workspace, proxy: ApiProxy
) -> None:
    """The next resync is minutes away."""
    with workspace.operator(server=proxy.url) as operator, ThreadPoolExecutor(1) as pool:
        workspace.apply("shop", NO_PODS)
        workspace.until("shop", is_ready)
        assert_at_rest(workspace, operator)
        rates = iter(_RATES)

        def change() -> None:
            with ApiServer(workspace.access) as user:
                spec = {"payment": {"successRate": next(rates)}}
                user.merge(BILLING_STACK, workspace.namespace, "shop", {"spec": spec})

        async def overtake(_: web.Request) -> None:
            await asyncio.get_running_loop().run_in_executor(pool, change)

        rule = proxy.add(Rule(_is_of_the_status, overtake, times=len(_RATES)))
        workspace.change("shop", payment={"successRate": 0.9})
        body = workspace.until(
            "shop",
            lambda stack: (
                rule.met == len(_RATES)
                and stack["status"]["observedGeneration"] == stack["metadata"]["generation"]
            ),
            within=NOTICED,
        )

        assert body["spec"]["payment"]["successRate"] == _RATES[-1]
        assert_as_desired(workspace, operator.settings, body)
        assert_at_rest(workspace, operator)
