"""Two replicas of the operator as processes of their own: one works, the other takes over."""

import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from billing_dev.eventually import eventually
from billing_dev.installation import NAMESPACE
from billing_dev.ports import free_port
from billing_operator.kinds import LEASE
from measurements import Measurements
from support.cluster.api_faults import Answer, Rule, answering
from support.cluster.api_proxy import ApiProxy
from support.cluster.final_checks import assert_as_desired
from support.cluster.limits import NOTICED, TAKEN_OVER
from support.cluster.operator_process import OperatorProcess
from support.cluster.workspace import NO_PODS, Workspace, is_ready

# Each waits for leases to lapse.
pytestmark = [pytest.mark.minutes, pytest.mark.thorough]

_LEASE_SECONDS = 15.0


@pytest.fixture
def proxies(workspace: Workspace) -> Iterator[tuple[ApiProxy, ApiProxy]]:
    """What each of the two speaks through, and what tells which of them said something."""
    with ApiProxy(workspace.access) as one, ApiProxy(workspace.access) as other:
        yield one, other


@pytest.fixture
def replicas(
    workspace: Workspace, proxies: tuple[ApiProxy, ApiProxy], tmp_path: Path
) -> Iterator[tuple[OperatorProcess, OperatorProcess]]:
    """The leader, and one on standby."""
    first, second = (
        replace(workspace.settings(), pod_name=f"it-{number}", http_port=free_port())
        for number in range(2)
    )
    folders = [tmp_path / name for name in ("first", "second")]
    for folder in folders:
        folder.mkdir()
    with OperatorProcess(proxies[0].url, workspace.token, first, folders[0]) as leader:
        standby = OperatorProcess(proxies[1].url, workspace.token, second, folders[1])
        try:
            standby.start_as("standby")
            yield leader, standby
        finally:
            standby.kill()


def test_on_standby_it_writes_nothing_watches_nothing_and_says_what_it_is(
    workspace: Workspace,
    replicas: tuple[OperatorProcess, OperatorProcess],
    proxies: tuple[ApiProxy, ApiProxy],
    measurements: Measurements,
) -> None:
    leader, standby = replicas
    _make(workspace, "shop")

    assert [each.metric("billing_operator_leader") for each in replicas] == [1, 0]
    asked = {seen.path.rpartition("/")[2] for seen in proxies[1].seen}
    assert asked == {leader.settings.lease_name}
    assert {seen.method for seen in proxies[1].seen} == {"GET"}
    measurements.note(
        "resident memory on standby", standby.metric("process_resident_memory_bytes") / 2**20, "MiB"
    )


def test_a_leader_that_is_killed_is_succeeded(
    workspace: Workspace,
    replicas: tuple[OperatorProcess, OperatorProcess],
    measurements: Measurements,
) -> None:
    leader, standby = replicas
    _make(workspace, "shop")
    leader.kill()
    began = time.monotonic()
    workspace.change("shop", payment={"successRate": 0.9})

    body = workspace.until("shop", is_ready, within=TAKEN_OVER)
    measurements.note(
        "from a killed leader to a change done by the next", time.monotonic() - began, "s"
    )
    assert standby.state() == "leader"
    assert_as_desired(workspace, standby.settings, body)


def test_a_leader_that_is_told_to_end_is_succeeded_at_once(
    replicas: tuple[OperatorProcess, OperatorProcess], measurements: Measurements
) -> None:
    leader, standby = replicas
    leader.terminate()
    began = time.monotonic()
    assert leader.seconds_to_end() < NOTICED

    eventually(standby.state, lambda state: state == "leader", within=NOTICED, every=0.05)
    measurements.note("from SIGTERM to the next leader", time.monotonic() - began, "s")


def test_a_leader_that_was_frozen_writes_no_more_and_ends(
    workspace: Workspace,
    replicas: tuple[OperatorProcess, OperatorProcess],
    proxies: tuple[ApiProxy, ApiProxy],
) -> None:
    """It is frozen with work at hand: what it had begun must not go on after another took over."""
    leader, standby = replicas
    _make(workspace, "shop")
    leader.freeze()
    workspace.change("shop", payment={"successRate": 0.9})
    eventually(standby.state, lambda state: state == "leader", within=TAKEN_OVER)
    body = workspace.until("shop", is_ready)
    # The answers to all that it had asked for are there when it goes on, and events with them.
    workspace.change("shop", payment={"successRate": 0.1})
    body = workspace.until("shop", is_ready)
    before, mark = len(proxies[0].seen), workspace.audit.mark(workspace.namespace)
    leader.thaw()

    assert leader.seconds_to_fail() < NOTICED
    assert [seen for seen in proxies[0].seen[before:] if seen.writes] == []
    assert workspace.audit.writes_since(mark, workspace.namespace) == []
    assert "lost the lease" in leader.log()
    assert_as_desired(workspace, standby.settings, body)
    assert standby.state() == "leader"


def test_a_leader_that_is_cut_off_ends_before_the_next_begins(
    workspace: Workspace,
    replicas: tuple[OperatorProcess, OperatorProcess],
    proxies: tuple[ApiProxy, ApiProxy],
    measurements: Measurements,
) -> None:
    leader, standby = replicas
    _make(workspace, "shop")
    proxies[0].add(Rule(lambda _: True, answering(Answer(503)), times=None))
    began = time.monotonic()
    workspace.change("shop", payment={"successRate": 0.9})

    assert leader.seconds_to_fail() < NOTICED
    ended = time.monotonic() - began
    assert standby.state() == "standby"
    eventually(standby.state, lambda state: state == "leader", within=TAKEN_OVER, every=0.05)
    measurements.note("from being cut off to the leader's end", ended, "s")
    measurements.note("from being cut off to the next leader", time.monotonic() - began, "s")
    assert_as_desired(workspace, standby.settings, workspace.until("shop", is_ready))


def _make(workspace: Workspace, name: str) -> None:
    workspace.apply(name, NO_PODS)
    workspace.until(name, is_ready)
    lease = workspace.api.read(LEASE, NAMESPACE, workspace.settings().lease_name) or {}
    assert lease["spec"]["leaseDurationSeconds"] == _LEASE_SECONDS
