"""The operator may be ended between any two steps: the next one takes it up where it stood."""

import asyncio
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from aiohttp import web

from billing_dev.eventually import eventually
from billing_operator.kinds import DEPLOYMENT, SECRET
from measurements import Measurements
from support.cluster.api_faults import Effect, Moment, Rule, Seen, hang_up
from support.cluster.api_proxy import ApiProxy
from support.cluster.final_checks import assert_as_desired
from support.cluster.limits import NOTICED
from support.cluster.operator_process import OperatorProcess
from support.cluster.workspace import NO_PODS, Workspace, is_ready

# kopf waits 5 s for whatever of it hangs.
_ENDED = 4.9
# A creation that is quick enough does with one status and its Event less.
_MAY_NOT_COME = 2
_RESYNC_SECONDS = 2.0


@pytest.fixture
def operator(workspace: Workspace, proxy: ApiProxy, tmp_path: Path) -> Iterator[OperatorProcess]:
    settings = workspace.settings(resync_seconds=_RESYNC_SECONDS)
    with OperatorProcess(proxy.url, workspace.token, settings, tmp_path) as process:
        yield process


@pytest.mark.thorough
@pytest.mark.timeout(900)
def test_killed_before_or_after_any_write_is_answered(
    workspace: Workspace,
    proxy: ApiProxy,
    operator: OperatorProcess,
    measurements: Measurements,
) -> None:
    """At every write, before it is done and after."""
    writes = _writes_of_a_creation(workspace, proxy)
    points = [(number, moment) for number in range(1, writes + 1) for moment in Moment]
    kills = 0
    for number, moment in points:
        name = f"{moment.name.lower()}-{number:02}"
        killing = _killing(operator)
        if _create_and_end_at(workspace, proxy, operator, name, number, killing, moment):
            kills += 1
        tokens = _uids(workspace, name)
        if operator.has_ended():
            operator.start()
        _assert_made_once(workspace, operator, name, tokens)
    assert kills >= len(points) - _MAY_NOT_COME * len(Moment)
    measurements.note("points of a creation at each of which the operator was killed", kills, "")
    _assert_at_rest(workspace, operator)


@pytest.mark.thorough
@pytest.mark.timeout(600)
def test_asked_to_end_while_any_write_is_under_way(
    workspace: Workspace,
    proxy: ApiProxy,
    operator: OperatorProcess,
    measurements: Measurements,
) -> None:
    """It waits for no answer, and leaves nothing half done that the next does not finish."""
    took = []
    for number in range(1, _writes_of_a_creation(workspace, proxy) + 1):
        name = f"asked-{number:02}"
        asking = _asking_to_end(operator)
        if _create_and_end_at(workspace, proxy, operator, name, number, asking, Moment.BEFORE):
            took.append(operator.seconds_to_end())
        tokens = _uids(workspace, name)
        if operator.has_ended():
            operator.start()
        _assert_made_once(workspace, operator, name, tokens)
    assert max(took) < _ENDED
    measurements.note("the operator's slowest end while a write is under way", max(took), "s")
    _assert_at_rest(workspace, operator)


def _writes_of_a_creation(workspace: Workspace, proxy: ApiProxy) -> int:
    """How many writes it takes to make a stack that nobody disturbs."""
    _create(workspace, "undisturbed")
    return len([seen for seen in proxy.seen if seen.writes and _is_about("undisturbed")(seen)])


def _create(workspace: Workspace, name: str) -> None:
    workspace.apply(name, NO_PODS)
    workspace.until(name, is_ready)


def _create_and_end_at(
    workspace: Workspace,
    proxy: ApiProxy,
    operator: OperatorProcess,
    name: str,
    number: int,
    effect: Effect,
    moment: Moment,
) -> bool:
    """Whether the creation came to so many writes, at which the operator ended."""
    is_about = _is_about(name)
    proxy.add(
        Rule(lambda seen: seen.writes and is_about(seen), effect, moment=moment, skip=number - 1)
    )
    workspace.apply(name, NO_PODS)
    eventually(
        lambda: operator.has_ended() or is_ready(workspace.read(name)), within=NOTICED, every=0.02
    )
    # The last write of all is the Event after the status.
    eventually(lambda: operator.has_ended() or operator.is_idle(), within=NOTICED, every=0.02)
    proxy.clear()
    return operator.has_ended()


def _is_about(name: str) -> Callable[[Seen], bool]:
    return lambda seen: name in seen.path or name.encode() in seen.body


def _killing(operator: OperatorProcess) -> Effect:
    async def effect(request: web.Request) -> web.StreamResponse:
        await asyncio.to_thread(operator.kill)
        return await hang_up(request)

    return effect


def _asking_to_end(operator: OperatorProcess) -> Effect:
    async def effect(request: web.Request) -> web.StreamResponse:
        operator.terminate()
        await asyncio.to_thread(operator.wait)
        return await hang_up(request)

    return effect


def _uids(workspace: Workspace, name: str) -> set[str]:
    """Of the token's Secret, if there is one by now."""
    secret = workspace.api.read(SECRET, workspace.namespace, f"{name}-token")
    return {secret["metadata"]["uid"]} if secret else set()


def _assert_made_once(
    workspace: Workspace, operator: OperatorProcess, name: str, tokens: set[str]
) -> None:
    body = workspace.until(name, is_ready)
    assert_as_desired(workspace, operator.settings, body)
    assert tokens <= _uids(workspace, name), f"{name}: another token was made"
    for part in ("antaeus", "payment"):
        live = workspace.api.read(DEPLOYMENT, workspace.namespace, f"{name}-{part}") or {}
        assert live["metadata"]["generation"] == 1, f"{name}: {part} was rolled out again"


def _assert_at_rest(workspace: Workspace, operator: OperatorProcess) -> None:
    """Two resyncs go by, and the API server has seen no write."""
    eventually(operator.is_idle, within=NOTICED)
    mark = workspace.audit.mark(workspace.namespace)
    resyncs = operator.metric("billing_operator_resyncs_total")
    eventually(
        lambda: operator.metric("billing_operator_resyncs_total"),
        lambda now: now >= resyncs + 2,
        within=NOTICED,
    )
    assert workspace.audit.writes_since(mark, workspace.namespace) == []
