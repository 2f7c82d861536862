"""One token takes over from another under load, and no charge that Antaeus may make is refused."""

import base64
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import pytest
from aiohttp import web

from billing_operator.kinds import BILLING_STACK, SECRET, Manifest
from billing_operator.names import ANTAEUS, PAYMENT, ROTATE_TOKEN, TOKEN_KEY
from support.antaeus_api import pay_path
from support.api_faults import Effect, Moment, Rule, Seen, hang_up
from support.api_proxy import ApiProxy
from support.api_server import ApiServer
from support.charges import lines
from support.charging import Books, charging, token_of
from support.eventually import eventually
from support.figures import Figures
from support.limits import NOTICED, ROLLOUT
from support.master import assert_as_desired, assert_settled
from support.operator_process import OperatorProcess
from support.proxied_operator import arguments
from support.scene import Scene, is_ready

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
        before, lives, pods = _token(scene), scene.antaeus_lives("shop"), _names(scene)

        with _load(scene, pods) as books:
            eventually(books.latest, lambda latest: len(latest) == _REPLICAS, within=NOTICED)
            began = time.monotonic()
            _ask(scene, "1")
            scene.until("shop", _has_rotated("1"))
            took = time.monotonic() - began

        after = scene.antaeus_lives("shop")
        figures.note("a rotation of the token at 2 replicas under load", took, "s")
        figures.note("charges meanwhile, none refused", len(books.told), "")
        _assert_none_refused(scene, books, pods)
        assert _names(scene) == pods
        assert (len(after), after == lives) == (1, False)
        _assert_one_token(scene, before)
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
    pods = _names(scene)
    points = [
        *((_writes_of("secrets/shop-token"), skip) for skip in _STEPS.values()),
        (_writes_of("deployments/shop-antaeus"), 0),
    ]
    kills = 0
    with _load(scene, pods) as books:
        for number, (point, moment) in enumerate(
            (point, moment) for point in points for moment in Moment
        ):
            before = _token(scene)
            picks, skip = point
            proxy.add(Rule(picks, _killing(operator), moment=moment, skip=skip))
            _ask(scene, str(number))
            eventually(operator.has_ended, within=ROLLOUT, every=0.02)
            kills += 1
            proxy.clear()
            operator.start()
            scene.until("shop", _has_rotated(str(number)))
            _assert_one_token(scene, before)

    figures.note("points of a rotation at each of which the operator was killed", kills, "")
    figures.note("charges meanwhile, none refused", len(books.told), "")
    _assert_none_refused(scene, books, pods)
    assert _names(scene) == pods
    assert_as_desired(scene, operator.settings, scene.read("shop"))


@contextmanager
def _load(scene: Scene, pods: list[str]) -> Iterator[Books]:
    """Antaeus charges all the time, and every pod is charged with what Antaeus would start with."""
    over, api = threading.Event(), ApiServer(scene.access)
    lock = threading.Lock()

    def token() -> str:
        with lock:
            return token_of(api, scene.namespace, "shop")

    def pay() -> None:
        caller = ApiServer(scene.access)
        while not over.is_set():
            # None where Antaeus is on its way; what becomes of a call that is cut off is its own.
            caller.post(pay_path(scene.namespace, "shop"))
        caller.close()

    with ThreadPoolExecutor(1) as pool:
        paying = pool.submit(pay)
        try:
            with charging(scene.access, scene.namespace, pods, token) as books:
                yield books
        finally:
            over.set()
        paying.result()
    api.close()


def _ask(scene: Scene, value: str) -> None:
    annotations = {"metadata": {"annotations": {ROTATE_TOKEN: value}}}
    scene.api.merge(BILLING_STACK, scene.namespace, "shop", annotations)


def _has_rotated(value: str) -> Callable[[Manifest], bool]:
    def has(stack: Manifest) -> bool:
        told = stack["status"]["token"]
        return told.get("requested") == value and "rotation" not in told and is_ready(stack)

    return has


def _killing(operator: OperatorProcess) -> Effect:
    async def effect(request: web.Request) -> web.StreamResponse:
        operator.kill()
        return await hang_up(request)

    return effect


def _writes_of(what: str) -> Callable[[Seen], bool]:
    return lambda seen: seen.writes and seen.path.endswith(what)


def _token(scene: Scene) -> str:
    return token_of(scene.api, scene.namespace, "shop")


def _names(scene: Scene) -> list[str]:
    return sorted(pod["metadata"]["name"] for pod in scene.pods("shop", PAYMENT))


def _assert_none_refused(scene: Scene, books: Books, pods: list[str]) -> None:
    assert Counter(told.status for told in books.told).keys() == {200}
    logs = [scene.kube("-n", scene.namespace, "logs", pod, "--tail=-1") for pod in pods]
    charges = [line for log in logs for line in lines(log, "charge")]
    assert {line["authenticated"] for line in charges} == {True}
    # Antaeus' own as well, whose amounts are no whole numbers of ours.
    assert len(charges) > len(books.told)


def _assert_one_token(scene: Scene, before: str) -> None:
    """A new one, which is what Antaeus has and all that the Secret has."""
    secret = scene.api.read(SECRET, scene.namespace, "shop-token")
    assert secret is not None
    keys = set(secret["data"])
    assert keys == {TOKEN_KEY, "id", "made", "request", "rotated-at"}
    token = base64.b64decode(secret["data"][TOKEN_KEY]).decode()
    assert token != before
    (pod,) = scene.pods("shop", ANTAEUS)
    name = pod["metadata"]["name"]
    has = scene.kube("-n", scene.namespace, "exec", name, "--", "printenv", "PAYMENTS_API_TOKEN")
    assert has.strip() == token
