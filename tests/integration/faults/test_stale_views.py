"""What the operator is told may be old: it acts on what is, and never on a name alone."""

import asyncio

from aiohttp import web

from billing_operator.kinds import BILLING_STACK, BY_NAME, Manifest
from support.api_faults import Effect, Rule, Seen
from support.api_proxy import ApiProxy, Stream
from support.eventually import eventually
from support.in_process import InProcess
from support.limits import GONE, NOTICED
from support.master import assert_as_desired, assert_at_rest, children
from support.scene import NO_PODS, Scene, is_ready


def test_an_old_list_after_a_restart_rolls_nothing_back(scene: Scene, proxy: ApiProxy) -> None:
    """An API server that lags answers by what it knows."""
    with scene.operator():
        scene.apply("shop", NO_PODS)
        old = scene.until("shop", is_ready)
        scene.change("shop", payment={"successRate": 0.9, "env": [{"name": "A", "value": "new"}]})
        new = scene.until("shop", is_ready)
    mark = scene.audit.mark(scene.namespace)
    lagging = proxy.add(Rule(_lists_or_watches_stacks, _telling_only_of(old), times=None))

    with scene.operator(server=proxy.url) as operator:
        eventually(lambda: lagging.met, within=NOTICED)
        operator.resync()

        assert scene.audit.writes_since(mark, scene.namespace) == []
        assert_as_desired(scene, operator.settings, new)


def test_late_news_of_an_earlier_stack_harms_no_later_one(scene: Scene, proxy: ApiProxy) -> None:
    """The same name, deleted and made again, and then the first one's end is told again."""
    with scene.operator(server=proxy.url) as operator:
        scene.apply("shop", NO_PODS)
        first = scene.until("shop", is_ready)
        scene.kube.delete("billingstack", "shop", scene.namespace)
        eventually(lambda: children(scene, "shop") == {}, within=GONE)
        scene.apply("shop", NO_PODS)
        scene.until("shop", is_ready)
        before = _uids(scene, "shop")

        (stream,) = proxy.streams("billingstacks")
        for event in ("MODIFIED", "DELETED"):
            _tell(operator, stream, {"type": event, "object": first})

        assert_at_rest(scene, operator)
        assert _uids(scene, "shop") == before
        # It is still looked after.
        scene.change("shop", payment={"successRate": 0.9})
        body = scene.until("shop", is_ready)
        assert_as_desired(scene, operator.settings, body)


def test_to_delete_a_stack_touches_none_whose_name_begins_alike(scene: Scene) -> None:
    others = ("shop-b", "shop-antaeus", "sho")
    with scene.operator() as operator:
        for name in ("shop", *others):
            scene.apply(name, NO_PODS)
        for name in ("shop", *others):
            scene.until(name, is_ready)
        operator.until_idle()
        before = {name: _uids(scene, name) for name in others}
        mark = scene.audit.mark(scene.namespace)

        scene.kube.delete("billingstack", "shop", scene.namespace)
        eventually(lambda: children(scene, "shop") == {}, within=GONE)
        operator.resync()

        assert {name: _uids(scene, name) for name in others} == before
        assert scene.audit.writes_since(mark, scene.namespace) == []
        for name in others:
            assert_as_desired(scene, operator.settings, scene.read(name))


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


def _uids(scene: Scene, name: str) -> dict[str, str]:
    found = children(scene, name)
    assert {child.kind for child in found} <= set(BY_NAME)
    return {str(child): live["metadata"]["uid"] for child, live in found.items()}
