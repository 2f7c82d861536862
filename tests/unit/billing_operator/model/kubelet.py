"""The kubelet: begins what a pod is to run, ends it, and tells of both, each a while later."""

import asyncio
import copy
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

from billing_operator.kinds import Manifest
from billing_operator.names import (
    BILLING,
    MAY_PAY,
    MAY_PAY_FILE,
    PAID_BEFORE,
    PAID_BEFORE_FILE,
    PART_LABEL,
    UID_FILE,
)
from unit.billing_operator.model.run_process import RunProcess
from unit.billing_operator.model.server import Server, name_of

START_SECONDS = 0.3
READY_SECONDS = 1.0
STOP_SECONDS = 2.0
TELL_SECONDS = 0.2


class Container(Protocol):
    """What runs in a pod."""

    def kill(self) -> None:
        """Ends it at once."""


@dataclass(eq=False)
class Running:
    """One pod on the node.

    Attributes:
        process: None before it has started and after it has ended.
        ready: whether it would answer its probe; grace: seconds that it takes to end.
        left: termination message of its container of before.
        message, exit_code: of a container that has ended.
        tells, told: number of the last status that was made, and of the last that was written.
    """

    name: str
    uid: str
    part: str
    process: Container | None = None
    ready: bool = False
    restarts: int = 0
    grace: float = STOP_SECONDS
    ending: bool = False
    left: str = ""
    message: str | None = None
    exit_code: int = 0
    tells: int = 0
    told: int = 0


Starts = Callable[[Running], Container]


@dataclass
class Kubelet:
    """All pods of the cluster are on its node.

    Attributes:
        starts: makes what a pod runs.
        slow: seconds by which everything that it tells and refreshes is late.
    """

    server: Server
    starts: Starts
    slow: float = 0.0
    pods: dict[str, Running] = field(default_factory=dict)

    def on_change(self, live: Manifest, deleted: bool) -> None:  # noqa: FBT001 - as a Listener
        """Takes up a new pod, and what is new of one."""
        if live["kind"] != "Pod":
            return
        uid = live["metadata"]["uid"]
        if deleted:
            self._forced_out(uid)
        elif uid not in self.pods:
            part = live["metadata"]["labels"][PART_LABEL]
            self.pods[uid] = pod = Running(name_of(live), uid, part)
            self._later(START_SECONDS, self._start, pod)
        else:
            self._refresh(self.pods[uid], live)

    def of(self, part: str) -> list[Running]:
        """The pods of a part."""
        return [pod for pod in self.pods.values() if pod.part == part]

    def run_ended(self, process: RunProcess) -> None:
        """Takes in the end of a run's container."""
        pod = self.pods.get(process.uid)
        if pod is None:
            return
        pod.process, pod.message = None, process.message
        pod.exit_code = 0 if process.outcome in ("Succeeded", "Declined") else 1
        self._tell(pod)
        if pod.ending:
            self._later(TELL_SECONDS + self.slow, self._remove, pod)

    def end(self, pod: Running, grace: float = STOP_SECONDS) -> None:
        """Ends a pod as for a drain: its process goes on until it has ended."""
        if pod.ending:
            return
        pod.ending, pod.grace = True, grace
        self.server.change("Pod", pod.name, _mark_ending)
        if isinstance(pod.process, RunProcess):
            pod.process.terminate()
        else:
            self._later(grace if pod.process else 0.1, self._gone, pod)

    def restart(self, pod: Running) -> None:
        """Kills its process, as for want of memory; another begins in the same pod."""
        if pod.process is None or pod.ending:
            return
        pod.process.kill()
        if pod.part == BILLING:
            return
        pod.left = getattr(pod.process, "left", "")
        pod.process, pod.ready = None, False
        self._tell(pod)
        self._later(START_SECONDS, self._start_again, pod)

    def _start(self, pod: Running) -> None:
        if pod.ending or pod.uid not in self.pods:
            return
        pod.process = self.starts(pod)
        if live := self.server.get("Pod", pod.name):
            self._refresh(pod, live)
        self._tell(pod)
        if pod.part != BILLING:
            self._later(READY_SECONDS, self._become_ready, pod, pod.process)

    def _start_again(self, pod: Running) -> None:
        pod.restarts += 1
        self._start(pod)

    def _become_ready(self, pod: Running, process: Container) -> None:
        if pod.process is process:
            pod.ready = True
            self._tell(pod)

    def _gone(self, pod: Running) -> None:
        if pod.process:
            pod.process.kill()
            pod.message = getattr(pod.process, "left", None)
        pod.process, pod.ready = None, False
        pod.tells += 1
        # Told before it is removed.
        self._write_status(pod, pod.tells, self._status(pod))
        self._remove(pod)

    def _remove(self, pod: Running) -> None:
        if self.pods.pop(pod.uid, None):
            self.server.remove("Pod", pod.name)

    def _forced_out(self, uid: str) -> None:
        if (pod := self.pods.pop(uid, None)) and pod.process:
            pod.process.kill()

    def _refresh(self, pod: Running, live: Manifest) -> None:
        if "deletionTimestamp" in live["metadata"] and not pod.ending:
            self.end(pod)
        if isinstance(pod.process, RunProcess):
            annotations = copy.copy(live["metadata"].get("annotations") or {})
            self._later(TELL_SECONDS + self.slow, self._write_files, pod, annotations)

    def _write_files(self, pod: Running, annotations: dict[str, str]) -> None:
        if isinstance(pod.process, RunProcess):
            said = {MAY_PAY_FILE: MAY_PAY, PAID_BEFORE_FILE: PAID_BEFORE}
            files = {file: annotations.get(name, "") for file, name in said.items()}
            pod.process.files = files | {UID_FILE: pod.uid}

    def _tell(self, pod: Running) -> None:
        pod.tells += 1
        number, state = pod.tells, self._status(pod)
        self._later(TELL_SECONDS + self.slow, self._write_status, pod, number, state)

    def _write_status(self, pod: Running, number: int, status: Manifest) -> None:
        live = self.server.get("Pod", pod.name)
        if live and live["metadata"]["uid"] == pod.uid and number > pod.told:
            pod.told = number
            self.server.have(live | {"status": status})

    def _status(self, pod: Running) -> Manifest:
        phase = "Running"
        state: Manifest = {"running": {}}
        if pod.message is not None:
            phase = "Failed" if pod.exit_code else "Succeeded"
            state = {"terminated": {"message": pod.message, "exitCode": pod.exit_code}}
        elif pod.process is None:
            state = {"waiting": {"reason": "ContainerCreating"}}
        own = {"name": pod.part, "state": state, "restartCount": pod.restarts}
        if pod.left:
            own["lastState"] = {"terminated": {"message": pod.left, "exitCode": 137}}
        return {
            "phase": phase,
            "podIP": "10.0.0.1",
            "conditions": [{"type": "Ready", "status": str(pod.ready)}],
            "containerStatuses": [own],
        }

    def _later(self, seconds: float, what: Callable[..., object], *args: object) -> None:
        asyncio.get_running_loop().call_later(seconds, what, *args)


def _mark_ending(live: Manifest) -> None:
    live["metadata"]["deletionTimestamp"] = "2025-01-01T00:00:00Z"
