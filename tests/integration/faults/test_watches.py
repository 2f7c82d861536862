"""A watch may break, fall silent or lie: nothing that happened meanwhile is lost for long."""

from collections.abc import Callable
from pathlib import Path

import pytest

from billing_dev.eventually import eventually
from billing_operator.kinds import SERVICE
from support.cluster.api_faults import Answer, Rule, Seen, answering, expired
from support.cluster.api_proxy import ApiProxy
from support.cluster.final_checks import assert_as_desired, assert_at_rest
from support.cluster.limits import NOTICED, REPAIRED_BY_EVENT
from support.cluster.operator_process import OperatorProcess
from support.cluster.workspace import NO_PODS, Workspace, is_ready

_RESYNC = 3.0
_SILENCE = 2.0


def test_what_was_deleted_while_a_watch_was_broken_comes_back(
    workspace: Workspace, proxy: ApiProxy
) -> None:
    """The place in history is gone, so no event ever tells of the deletion."""
    with workspace.operator(server=proxy.url, resync_seconds=_RESYNC) as operator:
        workspace.apply("shop", NO_PODS)
        workspace.until("shop", is_ready)
        down = proxy.add(Rule(_watches("services"), answering(Answer(503)), times=None))
        for stream in proxy.streams("services"):
            stream.end()
        eventually(lambda: down.met, within=NOTICED)

        uid = _uid_of_service(workspace)
        workspace.kube.delete("service", "shop-payment", workspace.namespace, "--wait=false")
        proxy.clear()
        gone = proxy.add(Rule(_watches("services"), expired))

        eventually(lambda: gone.met, within=NOTICED)
        limit = 1.2 * _RESYNC + REPAIRED_BY_EVENT
        eventually(
            lambda: _uid_of_service(workspace), lambda now: now not in ("", uid), within=limit
        )
        body = workspace.until("shop", is_ready)
        assert_as_desired(workspace, operator.settings, body)
        assert_at_rest(workspace, operator)


def test_a_watch_that_falls_silent_is_opened_anew(workspace: Workspace, proxy: ApiProxy) -> None:
    """The connection stands and says nothing, as behind a load balancer that forgot it."""
    with workspace.operator(server=proxy.url, silence_seconds=_SILENCE) as operator:
        workspace.apply("shop", NO_PODS)
        workspace.until("shop", is_ready)
        for stream in proxy.streams("billingstacks"):
            stream.silent = True
        told = operator.last_told("BillingStack")
        workspace.change("shop", payment={"successRate": 0.9})

        workspace.until("shop", is_ready, within=_SILENCE + REPAIRED_BY_EVENT)
        assert operator.last_told("BillingStack") > told
        assert_at_rest(workspace, operator)


@pytest.mark.thorough
def test_an_error_in_a_watch_ends_it_or_the_operator_but_not_its_work(
    workspace: Workspace, proxy: ApiProxy, tmp_path: Path
) -> None:
    settings = workspace.settings()
    with OperatorProcess(proxy.url, workspace.token, settings, tmp_path) as operator:
        workspace.apply("shop", NO_PODS)
        workspace.until("shop", is_ready)
        before = len(proxy.seen)
        status = {"kind": "Status", "apiVersion": "v1", "code": 500, "message": "etcd is away"}
        for stream in proxy.streams("billingstacks"):
            stream.say({"type": "ERROR", "object": status})

        eventually(lambda: operator.has_ended() or _watched_again(proxy, before), within=NOTICED)
        if operator.has_ended():
            operator.start()
        workspace.change("shop", payment={"successRate": 0.9})
        body = workspace.until("shop", is_ready)
        assert_as_desired(workspace, settings, body)


def _watches(plural: str) -> Callable[[Seen], bool]:
    return lambda seen: seen.watches and seen.path.endswith(f"/{plural}")


def _watched_again(proxy: ApiProxy, since: int) -> bool:
    return any(_watches("billingstacks")(seen) for seen in proxy.seen[since:])


def _uid_of_service(workspace: Workspace) -> str:
    found = workspace.api.read(SERVICE, workspace.namespace, "shop-payment")
    return str(found["metadata"]["uid"]) if found else ""
