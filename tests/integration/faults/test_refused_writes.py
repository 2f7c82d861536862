"""Whatever the API server answers to a write, the stack gets there, and nothing is done twice."""

import json
from collections.abc import Callable, Iterator
from itertools import pairwise
from typing import NamedTuple

import pytest

from billing_operator.kinds import Manifest
from measurements import Measurements
from support.cluster.api_faults import Answer, Moment, Rule, Seen, answering
from support.cluster.api_proxy import ApiProxy
from support.cluster.final_checks import assert_as_desired, assert_at_rest
from support.cluster.limits import NOTICED
from support.cluster.workspace import NO_PODS, Workspace, conditions, is_ready

_RETRY_AFTER = 2
_BACKOFF = 0.8
_ONE_OF = 6


class _Fault(NamedTuple):
    answer: Answer
    moment: Moment = Moment.BEFORE


_FAULTS = {
    "conflict": _Fault(Answer(409, "Conflict")),
    "busy": _Fault(Answer(429, "TooManyRequests", retry_after=_RETRY_AFTER)),
    "broken": _Fault(Answer(500, "InternalError")),
    "away": _Fault(Answer(503, "ServiceUnavailable")),
    "late": _Fault(Answer(504, "Timeout"), Moment.AFTER),
}


class _Write(NamedTuple):
    """One of the writes by which a stack is made, whatever the stack is called."""

    method: str
    path: str
    kind: str

    @classmethod
    def of(cls, seen: Seen, stack: str) -> "_Write":
        kind = "" if seen.path.endswith("/status") else str(json.loads(seen.body).get("kind"))
        return cls(seen.method, seen.path.replace(stack, "STACK"), kind)


@pytest.mark.timeout(240)
def test_any_write_may_be_answered_badly(
    workspace: Workspace, proxy: ApiProxy, measurements: Measurements, *, thorough: bool
) -> None:
    """Every write of a creation, with every answer that passes by itself."""
    with workspace.operator(server=proxy.url) as operator:
        writes = _writes_of_a_creation(workspace, proxy)
        stacks = dict(_stacks(proxy, writes if thorough else writes[::_ONE_OF]))
        for name in stacks:
            workspace.apply(name, NO_PODS)
        for name, (fault, write) in stacks.items():
            body = workspace.until(name, is_ready)
            assert_as_desired(workspace, operator.settings, body)
            _assert_asked_again_in_time(proxy, name, fault, write)
        assert_at_rest(workspace, operator)
    measurements.note("writes of a creation, each answered badly in turn", len(stacks), "")


def test_what_is_refused_is_asked_again_only_for_another_spec(
    workspace: Workspace, proxy: ApiProxy
) -> None:
    """The same question would be refused again."""
    with workspace.operator(server=proxy.url) as operator:
        proxy.add(
            Rule(
                lambda seen: seen.writes and seen.path.endswith("/shop-payment"),
                answering(Answer(422, "Invalid", "spec.replicas: too many")),
                times=None,
            )
        )
        workspace.apply("shop", NO_PODS)
        body = workspace.until("shop", _is_refused, within=NOTICED)
        assert "spec.replicas: too many" in conditions(body)["Stalled"]["message"]
        assert_at_rest(workspace, operator)

        asked = len(_asked_for(proxy, "/shop-payment"))
        workspace.change("shop", payment={"successRate": 0.7})
        workspace.until("shop", _is_refused, within=NOTICED)
        assert len(_asked_for(proxy, "/shop-payment")) > asked
        proxy.clear()
        workspace.change("shop", payment={"successRate": 0.8})

        workspace.until("shop", is_ready)
        assert_at_rest(workspace, operator)


def _writes_of_a_creation(workspace: Workspace, proxy: ApiProxy) -> list[_Write]:
    workspace.apply("undisturbed", NO_PODS)
    workspace.until("undisturbed", is_ready)
    made = [_Write.of(seen, "undisturbed") for seen in proxy.seen if seen.writes]
    return sorted(set(made))


def _stacks(proxy: ApiProxy, writes: list[_Write]) -> Iterator[tuple[str, tuple[str, _Write]]]:
    """Arms a rule for each stack; returns which write of it is answered how."""
    for word, fault in _FAULTS.items():
        for number, write in enumerate(writes):
            name = f"{word}-{number:02}"
            rule = Rule(_is(name, write), answering(fault.answer), moment=fault.moment)
            proxy.add(rule)
            yield name, (word, write)


def _is(name: str, write: _Write) -> Callable[[Seen], bool]:
    def picks(seen: Seen) -> bool:
        about = name in seen.path or name.encode() in seen.body
        return seen.writes and about and _Write.of(seen, name) == write

    return picks


def _assert_asked_again_in_time(proxy: ApiProxy, name: str, fault: str, write: _Write) -> None:
    asked = [seen.at for seen in list(proxy.seen) if _is(name, write)(seen)]
    if write.kind == "Event":
        # It only tells of what has happened, and the status tells it too.
        return
    if fault != "late":
        assert len(asked) >= 2, f"{name}: {write} was not tried again"
    least = {"busy": _RETRY_AFTER, "broken": _BACKOFF, "away": _BACKOFF}.get(fault, 0.0)
    for before, after in pairwise(asked[:2]):
        assert after - before >= least, f"{name}: {write} was tried again too soon"


def _asked_for(proxy: ApiProxy, path: str) -> list[Seen]:
    return [seen for seen in list(proxy.seen) if seen.writes and seen.path.endswith(path)]


def _is_refused(stack: Manifest) -> bool:
    found = conditions(stack).get("Stalled", {})
    fresh = found.get("observedGeneration") == stack["metadata"]["generation"]
    return bool(fresh and found["status"] == "True" and found["reason"] == "ApplyRejected")
