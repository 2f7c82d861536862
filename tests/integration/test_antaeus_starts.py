"""An Antaeus that takes its time is waited for, and one that can't start is told of once."""

from dataclasses import dataclass, field

import pytest

from billing_dev.eventually import eventually
from billing_operator.kinds import Manifest
from billing_operator.names import ANTAEUS
from support.cluster.final_checks import assert_settled
from support.cluster.limits import RECOVERED, ROLLOUT
from support.cluster.workspace import Workspace, conditions, is_ready

# Each waits for minutes that Kubernetes takes.
pytestmark = [pytest.mark.minutes, pytest.mark.thorough, pytest.mark.timeout(600)]

_SLOW_SECONDS = 180
# Three times the kubelet waits for longer each: 10, 20 and 40 s.
_RESTARTS = 4
_RESTARTED = 180.0
_CRASHING: Manifest = {"env": [{"name": "PYTHONHOME", "value": "/nowhere"}]}
_SHORT_OF_MEMORY: Manifest = {
    "resources": {"requests": {"memory": "8Mi"}, "limits": {"memory": "14Mi"}}
}


def _takes(seconds: int) -> list[Manifest]:
    """Variables of the stand-in, so that it starts as slowly as the original may."""
    return [{"name": "ANTAEUS_STARTUP_SECONDS", "value": str(seconds)}]


@dataclass(slots=True)
class History:
    """What a stack has said of itself: each pair of status and reason of Ready that was another."""

    workspace: Workspace
    told: list[tuple[str, str]] = field(default_factory=list)

    def look(self) -> Manifest:
        body = self.workspace.read("shop")
        if ready := conditions(body).get("Ready"):
            now = (str(ready["status"]), str(ready["reason"]))
            if self.told[-1:] != [now]:
                self.told.append(now)
        return body

    def restarts(self) -> int:
        """Looks, and counts how often Antaeus was started again."""
        self.look()
        return max(
            (restarts for _, restarts in self.workspace.antaeus_instances("shop")), default=0
        )


@pytest.mark.parametrize(
    "spec",
    [
        {"startupSeconds": 20, "env": _takes(18)},
        {"env": _takes(_SLOW_SECONDS)},
    ],
    ids=["nearly too long", "3 minutes"],
)
def test_a_slow_antaeus_is_neither_ended_early_nor_told_as_trouble(
    workspace: Workspace, spec: Manifest
) -> None:
    with workspace.operator() as operator:
        history = History(workspace)
        workspace.apply("shop", {ANTAEUS: spec})
        eventually(history.look, is_ready, within=_SLOW_SECONDS + ROLLOUT)

        [(_, restarts)] = lives = workspace.antaeus_instances("shop")
        assert restarts == 0
        assert history.told[-2:] == [("False", "AntaeusStarting"), ("True", "AllReady")]
        assert len(history.told) == len(set(history.told)), history.told
        assert_settled(workspace, operator, "shop", lives=lives)


@pytest.mark.parametrize(
    ("spec", "remedy"),
    [
        (_CRASHING, "kubectl logs"),
        (_SHORT_OF_MEMORY, "raise spec.antaeus.resources.limits.memory"),
    ],
    ids=["crashing", "out of memory"],
)
def test_an_antaeus_that_ends_again_and_again_is_told_of_once(
    workspace: Workspace, spec: Manifest, remedy: str
) -> None:
    with workspace.operator() as operator:
        history = History(workspace)
        workspace.apply("shop", {ANTAEUS: spec})
        eventually(history.restarts, lambda count: count >= _RESTARTS, within=_RESTARTED)

        assert history.told[-1] == ("False", "PodsUnhealthy")
        assert len(history.told) == len(set(history.told)), history.told
        body = history.look()
        assert remedy in conditions(body)["Ready"]["message"]
        assert conditions(body)["Stalled"]["status"] == "True"
        events = workspace.kube.list("events", workspace.namespace)
        told = [each for each in events if each["reason"] == "PodsUnhealthy"]
        assert [each.get("count") or 1 for each in told] == [1]

        workspace.apply("shop")
        workspace.until_ready("shop", within=RECOVERED)
        assert_settled(workspace, operator, "shop", lives=workspace.antaeus_instances("shop"))
