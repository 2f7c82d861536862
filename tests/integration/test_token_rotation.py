"""One token takes over from another under load, and no charge that Antaeus may make is refused."""

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from aiohttp import web

from billing_operator.kinds import Manifest
from support.api_faults import Effect, Moment, Rule, Seen, hang_up
from support.api_proxy import ApiProxy
from support.charging import token_of
from support.eventually import eventually
from support.figures import Figures
from support.limits import NOTICED, ROLLOUT
from support.master import assert_as_desired, assert_settled
from support.operator_process import OperatorProcess
from support.proxied_operator import arguments
from support.rotated import (
    ask,
    assert_none_refused,
    assert_one_token,
    has_rotated,
    names,
    under_load,
)
from support.scene import Scene

_REPLICAS = 2
# Every charge is declined, so that there is always something to charge for, and nothing to forget.
_SPEC: Manifest = {"payment": {"replicas": _REPLICAS, "successRate": 0}}
# What a rotation writes besides nudges and status: the Secret, and Antaeus once.
_STEPS = {"stage": 0, "swap": 1, "forget": 2, "settle": 3}


def test_no_charge_is_refused_while_one_token_takes_over_from_another(
    scene: Scene, figures: Figures
) -> None:
    with scene.operator() as operator:
        scene.apply("shop", _SPEC)
        scene.until_complete("shop")
        before, lives, pods = _token(scene), scene.antaeus_lives("shop"), names(scene)

        with under_load(scene, pods) as books:
            eventually(books.latest, lambda latest: len(latest) == _REPLICAS, within=NOTICED)
            began = time.monotonic()
            ask(scene, "1")
            scene.until("shop", has_rotated("1"))
            took = time.monotonic() - began

        after = scene.antaeus_lives("shop")
        figures.note("a rotation of the token at 2 replicas under load", took, "s")
        figures.note("charges meanwhile, none refused", len(books.told), "")
        assert_none_refused(scene, books, pods)
        assert names(scene) == pods
        assert (len(after), after == lives) == (1, False)
        assert_one_token(scene, before)
        assert_settled(scene, operator, "shop", lives=after)


@pytest.fixture
def proxy(scene: Scene) -> Iterator[ApiProxy]:
    with ApiProxy(scene.access) as between:
        yield between


@pytest.fixture
def operator(scene: Scene, proxy: ApiProxy, tmp_path: Path) -> Iterator[OperatorProcess]:
    settings, program = scene.settings(), arguments(scene.access)
    with OperatorProcess(proxy.url, scene.token, settings, tmp_path, *program) as process:
        yield process


@pytest.mark.thorough
@pytest.mark.timeout(900)
def test_killed_between_any_two_steps_a_rotation_is_completed_and_no_charge_is_refused(
    scene: Scene, proxy: ApiProxy, operator: OperatorProcess, figures: Figures
) -> None:
    """At each write of the Secret and of Antaeus, before it is done and after."""
    scene.apply("shop", _SPEC)
    scene.until_complete("shop")
    pods = names(scene)
    points = [
        *((_writes_of("secrets/shop-token"), skip) for skip in _STEPS.values()),
        (_writes_of("deployments/shop-antaeus"), 0),
    ]
    kills = 0
    with under_load(scene, pods) as books:
        for number, (point, moment) in enumerate(
            (point, moment) for point in points for moment in Moment
        ):
            before = _token(scene)
            picks, skip = point
            proxy.add(Rule(picks, _killing(operator), moment=moment, skip=skip))
            ask(scene, str(number))
            eventually(operator.has_ended, within=ROLLOUT, every=0.02)
            kills += 1
            proxy.clear()
            operator.start()
            scene.until("shop", has_rotated(str(number)))
            assert_one_token(scene, before)

    figures.note("points of a rotation at each of which the operator was killed", kills, "")
    figures.note("charges meanwhile, none refused", len(books.told), "")
    assert_none_refused(scene, books, pods)
    assert names(scene) == pods
    assert_as_desired(scene, operator.settings, scene.read("shop"))


def _killing(operator: OperatorProcess) -> Effect:
    async def effect(request: web.Request) -> web.StreamResponse:
        operator.kill()
        return await hang_up(request)

    return effect


def _writes_of(what: str) -> Callable[[Seen], bool]:
    return lambda seen: seen.writes and seen.path.endswith(what)


def _token(scene: Scene) -> str:
    return token_of(scene.api, scene.namespace, "shop")
