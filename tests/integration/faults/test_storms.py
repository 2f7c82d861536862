"""Much at once: changes faster than they can be made, statuses wiped, an API server that crawls."""

import asyncio
import json
import time
from pathlib import Path
from urllib.request import urlopen

import pytest
from aiohttp import web

from billing_dev.eventually import eventually
from billing_operator.kinds import BILLING_STACK, Manifest
from measurements import Measurements
from support.cluster.api_faults import Rule, Seen
from support.cluster.api_proxy import ApiProxy
from support.cluster.final_checks import assert_as_desired, assert_at_rest
from support.cluster.limits import NOTICED, ROLLOUT
from support.cluster.operator_process import OperatorProcess
from support.cluster.workspace import NO_PODS, Workspace, conditions, is_ready

_CHANGES = 100
_MOST_PASSES = 20
_SLOW_SECONDS = 2.0
_STACKS = 20


def test_a_hundred_changes_at_once_are_little_work(
    workspace: Workspace, measurements: Measurements
) -> None:
    with workspace.operator() as operator:
        workspace.apply("shop", NO_PODS)
        workspace.until("shop", is_ready)
        before, began = operator.passes(), time.monotonic()
        for number in range(1, _CHANGES + 1):
            spec = {"payment": {"successRate": number / 100, "env": _env(number)}}
            workspace.api.merge(BILLING_STACK, workspace.namespace, "shop", {"spec": spec})

        body = workspace.until("shop", is_ready)
        passes, took = operator.passes() - before, time.monotonic() - began
        assert_as_desired(workspace, operator.settings, body)
        assert body["spec"]["payment"]["successRate"] == 1.0
        assert passes < _MOST_PASSES * max(1.0, took / 5)
        measurements.note("reconciles for 100 changes, one upon the other", passes, "")
        assert_at_rest(workspace, operator)


def test_a_wiped_status_is_told_anew_once_and_then_stands(workspace: Workspace) -> None:
    with workspace.operator() as operator:
        workspace.apply("shop", NO_PODS)
        told = workspace.until("shop", is_ready)["status"]
        edit = ("patch", "billingstack", "shop", "-n", workspace.namespace, "--subresource=status")
        wrong = {"status": {"payment": {"readyReplicas": 7}, "token": None}}
        # The Event of what was just told comes after it.
        operator.until_idle()
        for change in ({"status": None}, wrong):
            mark = workspace.audit.mark(workspace.namespace)
            workspace.kube(*edit, "--type=merge", "-p", json.dumps(change))

            again = workspace.until(
                "shop",
                lambda stack: _lasting(stack.get("status", {})) == _lasting(told),
                within=NOTICED,
            )["status"]
            assert_at_rest(workspace, operator)
            assert len(workspace.audit.writes_since(mark, workspace.namespace)) <= 2
            now = workspace.read("shop")
            assert _times(now) == _times({"status": again, "metadata": now["metadata"]})


@pytest.mark.thorough
def test_a_crawling_api_server_stalls_no_loop(
    workspace: Workspace, proxy: ApiProxy, tmp_path: Path, measurements: Measurements
) -> None:
    settings = workspace.settings()
    names = [f"slow-{number:02}" for number in range(_STACKS)]
    with OperatorProcess(proxy.url, workspace.token, settings, tmp_path) as operator:
        proxy.add(Rule(_is_asked_once, _crawl, times=None))
        for name in names:
            workspace.apply(name, NO_PODS)
        lags: list[float] = []

        def all_are_ready() -> bool:
            with urlopen(f"http://127.0.0.1:{settings.http_port}/healthz", timeout=5) as answer:
                assert answer.status == 200
            lags.append(operator.metric("billing_operator_loop_lag_seconds"))
            return all(is_ready(workspace.read(name)) for name in names)

        eventually(all_are_ready, within=ROLLOUT)
        measurements.note("the most that the loop was late, each answer 2 s late", max(lags), "s")
        for name in names:
            assert_as_desired(workspace, settings, workspace.read(name))


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
