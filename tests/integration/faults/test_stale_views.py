"""What the operator is told may be old: it acts on what is, and never on a name alone."""

import asyncio

from aiohttp import web

from billing_dev.eventually import eventually
from billing_operator.kinds import BILLING_STACK, BY_NAME, Manifest
from support.cluster.api_faults import Effect, Rule, Seen
from support.cluster.api_proxy import ApiProxy, Stream
from support.cluster.final_checks import assert_as_desired, assert_at_rest, children
from support.cluster.in_process import InProcess
from support.cluster.limits import GONE, NOTICED
from support.cluster.workspace import NO_PODS, Workspace, is_ready


def test_an_old_list_after_a_restart_rolls_nothing_back(
    workspace: Workspace, proxy: ApiProxy
) -> None:
    """An API server that lags answers by what it knows."""
    with workspace.operator():
        workspace.apply("shop", NO_PODS)
        old = workspace.until("shop", is_ready)
        workspace.change(
            "shop", payment={"successRate": 0.9, "env": [{"name": "A", "value": "new"}]}
        )
        new = workspace.until("shop", is_ready)
    mark = workspace.audit.mark(workspace.namespace)
    lagging = proxy.add(Rule(_lists_or_watches_stacks, _telling_only_of(old), times=None))

    with workspace.operator(server=proxy.url) as operator:
        eventually(lambda: lagging.met, within=NOTICED)
        operator.resync()

        assert workspace.audit.writes_since(mark, workspace.namespace) == []
        assert_as_desired(workspace, operator.settings, new)


def test_late_news_of_an_earlier_stack_harms_no_later_one(
    workspace: Workspace, proxy: ApiProxy
) -> None:
    """The same name, deleted and made again, and then the first one's end is told again."""
    with workspace.operator(server=proxy.url) as operator:
        workspace.apply("shop", NO_PODS)
        first = workspace.until("shop", is_ready)
        workspace.kube.delete("billingstack", "shop", workspace.namespace)
        eventually(lambda: children(workspace, "shop") == {}, within=GONE)
        workspace.apply("shop", NO_PODS)
        workspace.until("shop", is_ready)
        before = _uids(workspace, "shop")

        (stream,) = proxy.streams("billingstacks")
        for event in ("MODIFIED", "DELETED"):
            _tell(operator, stream, {"type": event, "object": first})

        assert_at_rest(workspace, operator)
        assert _uids(workspace, "shop") == before
        # It is still looked after.
        workspace.change("shop", payment={"successRate": 0.9})
        body = workspace.until("shop", is_ready)
        assert_as_desired(workspace, operator.settings, body)


def test_to_delete_a_stack_touches_none_whose_name_begins_alike(workspace: Workspace) -> None:
    others = ("shop-b", "shop-antaeus", "sho")
    with workspace.operator() as operator:
        for name in ("shop", *others):
            workspace.apply(name, NO_PODS)
        for name in ("shop", *others):
            workspace.until(name, is_ready)
        operator.until_idle()
        before = {name: _uids(workspace, name) for name in others}
        mark = workspace.audit.mark(workspace.namespace)

        workspace.kube.delete("billingstack", "shop", workspace.namespace)
        eventually(lambda: children(workspace, "shop") == {}, within=GONE)
        operator.resync()

        assert {name: _uids(workspace, name) for name in others} == before
        assert workspace.audit.writes_since(mark, workspace.namespace) == []
        for name in others:
            assert_as_desired(workspace, operator.settings, workspace.read(name))


def _tell(operator: InProcess, stream: Stream, event: Manifest) -> None:
    """Puts an event into a watch, and waits until the operator has taken it in."""
    told = operator.last_told(BILLING_STACK.name)
    stream.say(event)
    eventually(lambda: operator.last_told(BILLING_STACK.name) > told, within=NOTICED)


def _lists_or_watches_stacks(seen: Seen) -> bool:
    return seen.method == "GET" and seen.path.endswith(f"/{BILLING_STACK.plural}")


def _telling_only_of(old: Manifest) -> Effect:
    """Answers every list by an old object, and every watch by silence."""

    async def effect(request: web.Request) -> web.StreamResponse:
        if "watch" not in request.query:
            version = {"resourceVersion": old["metadata"]["resourceVersion"]}
            return web.json_response({"metadata": version, "items": [old]})
        response = web.StreamResponse()
        await response.prepare(request)
        await asyncio.Event().wait()
        return response

    return effect


def _uids(workspace: Workspace, name: str) -> dict[str, str]:
    found = children(workspace, name)
    assert {child.kind for child in found} <= set(BY_NAME)
    return {str(child): live["metadata"]["uid"] for child, live in found.items()}
