"""Much at once: changes faster than they can be made, statuses wiped, an API server that crawls."""

import asyncio
import json
import time
from pathlib import Path
from urllib.request import urlopen

import pytest
from aiohttp import web

from billing_operator.kinds import BILLING_STACK, Manifest
from support.api_faults import Rule, Seen
from support.api_proxy import ApiProxy
from support.eventually import eventually
from support.figures import Figures
from support.limits import NOTICED, ROLLOUT
from support.master import assert_as_desired, assert_at_rest
from support.operator_process import OperatorProcess
from support.scene import NO_PODS, Scene, conditions, is_ready

_CHANGES = 100
_MOST_PASSES = 20
_SLOW_SECONDS = 2.0
_STACKS = 20


def test_a_hundred_changes_at_once_are_little_work(scene: Scene, figures: Figures) -> None:
    with scene.operator() as operator:
        scene.apply("shop", NO_PODS)
        scene.until("shop", is_ready)
        before, began = operator.passes(), time.monotonic()
        for number in range(1, _CHANGES + 1):
            spec = {"payment": {"successRate": number / 100, "env": _env(number)}}
            scene.api.merge(BILLING_STACK, scene.namespace, "shop", {"spec": spec})

        body = scene.until("shop", is_ready)
        passes, took = operator.passes() - before, time.monotonic() - began
        assert_as_desired(scene, operator.settings, body)
        assert body["spec"]["payment"]["successRate"] == 1.0
        assert passes < _MOST_PASSES * max(1.0, took / 5)
        figures.note("reconciles for 100 changes, one upon the other", passes, "")
        assert_at_rest(scene, operator)


def test_a_wiped_status_is_told_anew_once_and_then_stands(scene: Scene) -> None:
    with scene.operator() as operator:
        scene.apply("shop", NO_PODS)
        told = scene.until("shop", is_ready)["status"]
        edit = ("patch", "billingstack", "shop", "-n", scene.namespace, "--subresource=status")
        wrong = {"status": {"payment": {"ready": 7}, "token": None}}
        # The Event of what was just told comes after it.
        operator.until_idle()
        for change in ({"status": None}, wrong):
            mark = scene.audit.mark(scene.namespace)
            scene.kube(*edit, "--type=merge", "-p", json.dumps(change))

            again = scene.until(
                "shop",
                lambda stack: _lasting(stack.get("status", {})) == _lasting(told),
                within=NOTICED,
            )["status"]
            assert_at_rest(scene, operator)
            assert len(scene.audit.writes_since(mark, scene.namespace)) <= 2
            now = scene.read("shop")
            assert _times(now) == _times({"status": again, "metadata": now["metadata"]})


@pytest.mark.thorough
def test_a_crawling_api_server_stalls_no_loop(
    scene: Scene, proxy: ApiProxy, tmp_path: Path, figures: Figures
) -> None:
    settings = scene.settings()
    names = [f"slow-{number:02}" for number in range(_STACKS)]
    with OperatorProcess(proxy.url, scene.token, settings, tmp_path) as operator:
        proxy.add(Rule(_is_asked_once, _crawl, times=None))
        for name in names:
            scene.apply(name, NO_PODS)
        lags: list[float] = []

        def all_are_ready() -> bool:
            with urlopen(f"http://127.0.0.1:{settings.http_port}/healthz", timeout=5) as answer:
                assert answer.status == 200
            lags.append(operator.metric("billing_operator_loop_lag_seconds"))
            return all(is_ready(scene.read(name)) for name in names)

        eventually(all_are_ready, within=ROLLOUT)
        figures.note("the most that the loop was late, each answer 2 s late", max(lags), "s")
        for name in names:
            assert_as_desired(scene, settings, scene.read(name))


async def _crawl(_: web.Request) -> None:
    await asyncio.sleep(_SLOW_SECONDS)


def _is_asked_once(seen: Seen) -> bool:
    return not seen.watches


def _env(number: int) -> list[Manifest]:
    return [{"name": "NUMBER", "value": str(number)}]


def _lasting(status: Manifest) -> Manifest:
    """Without what tells when something changed."""
    found = json.loads(json.dumps(status))
    for condition in found.get("conditions", ()):
        del condition["lastTransitionTime"]
    return dict(found)


def _times(stack: Manifest) -> dict[str, str]:
    return {kind: found["lastTransitionTime"] for kind, found in conditions(stack).items()}
