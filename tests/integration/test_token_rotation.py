"""One token takes over from another under load, and no charge that Antaeus may make is refused."""

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from aiohttp import web

from billing_dev.eventually import eventually
from billing_operator.kinds import Manifest
from integration.proxied_operator import arguments
from measurements import Measurements
from support.cluster.api_faults import Effect, Moment, Rule, Seen, hang_up
from support.cluster.api_proxy import ApiProxy
from support.cluster.charging import token_of
from support.cluster.final_checks import assert_as_desired, assert_settled
from support.cluster.limits import NOTICED, ROLLOUT
from support.cluster.operator_process import OperatorProcess
from support.cluster.rotation_under_load import (
    ask,
    assert_none_refused,
    assert_one_token,
    has_rotated,
    names,
    under_load,
)
from support.cluster.workspace import Workspace

pytestmark = pytest.mark.minutes

_REPLICAS = 2
# Every charge is declined, so that there is always something to charge for, and nothing to forget.
_SPEC: Manifest = {"payment": {"replicas": _REPLICAS, "successRate": 0}}
# What a rotation writes besides nudges and status: the Secret, and Antaeus once.
_STEPS = {"stage": 0, "swap": 1, "forget": 2, "settle": 3}


def test_no_charge_is_refused_while_one_token_takes_over_from_another(
    workspace: Workspace, measurements: Measurements
) -> None:
    with workspace.operator() as operator:
        workspace.apply("shop", _SPEC)
        workspace.until_complete("shop")
        before, lives, pods = (
            _token(workspace),
            workspace.antaeus_instances("shop"),
            names(workspace),
        )

        with under_load(workspace, pods) as books:
            eventually(books.latest, lambda latest: len(latest) == _REPLICAS, within=NOTICED)
            began = time.monotonic()
            ask(workspace, "1")
            workspace.until("shop", has_rotated("1"))
            took = time.monotonic() - began

        after = workspace.antaeus_instances("shop")
        measurements.note("a rotation of the token at 2 replicas under load", took, "s")
        measurements.note("charges meanwhile, none refused", len(books.told), "")
        assert_none_refused(workspace, books, pods)
        assert names(workspace) == pods
        assert (len(after), after == lives) == (1, False)
        assert_one_token(workspace, before)
        assert_settled(workspace, operator, "shop", lives=after)


@pytest.fixture
def proxy(workspace: Workspace) -> Iterator[ApiProxy]:
    with ApiProxy(workspace.access) as between:
        yield between


@pytest.fixture
def operator(workspace: Workspace, proxy: ApiProxy, tmp_path: Path) -> Iterator[OperatorProcess]:
    settings, program = workspace.settings(), arguments(workspace.access)
    with OperatorProcess(proxy.url, workspace.token, settings, tmp_path, *program) as process:
        yield process


@pytest.mark.thorough
@pytest.mark.timeout(900)
def test_killed_between_any_two_steps_a_rotation_is_completed_and_no_charge_is_refused(
    workspace: Workspace, proxy: ApiProxy, operator: OperatorProcess, measurements: Measurements
) -> None:
    """At each write of the Secret and of Antaeus, before it is done and after."""
    workspace.apply("shop", _SPEC)
    workspace.until_complete("shop")
    pods = names(workspace)
    points = [
        *((_writes_of("secrets/shop-token"), skip) for skip in _STEPS.values()),
        (_writes_of("deployments/shop-antaeus"), 0),
    ]
    kills = 0
    with under_load(workspace, pods) as books:
        for number, (point, moment) in enumerate(
            (point, moment) for point in points for moment in Moment
        ):
            before = _token(workspace)
            picks, skip = point
            proxy.add(Rule(picks, _killing(operator), moment=moment, skip=skip))
            ask(workspace, str(number))
            eventually(operator.has_ended, within=ROLLOUT, every=0.02)
            kills += 1
            proxy.clear()
            operator.start()
            workspace.until("shop", has_rotated(str(number)))
            assert_one_token(workspace, before)

    measurements.note("points of a rotation at each of which the operator was killed", kills, "")
    measurements.note("charges meanwhile, none refused", len(books.told), "")
    assert_none_refused(workspace, books, pods)
    assert names(workspace) == pods
    assert_as_desired(workspace, operator.settings, workspace.read("shop"))


def _killing(operator: OperatorProcess) -> Effect:
    async def effect(request: web.Request) -> web.StreamResponse:
        operator.kill()
        return await hang_up(request)

    return effect


def _writes_of(what: str) -> Callable[[Seen], bool]:
    return lambda seen: seen.writes and seen.path.endswith(what)


def _token(workspace: Workspace) -> str:
    return token_of(workspace.api, workspace.namespace, "shop")
