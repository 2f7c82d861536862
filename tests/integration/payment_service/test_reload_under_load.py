"""The profile changes while charges come in all the time."""

import json
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path

from billing_dev.eventually import eventually
from measurements import Measurements
from support.payment.service import Caller, ServiceProcess, a_charge, a_request

_CALLERS = 8
_CHANGES = 6
_WITHIN = 3.0  # two looks of the file, on a machine whose processors are all busy


@dataclass
class Load:
    """Callers that charge without a pause, and what each of their calls was told, and when."""

    port: int
    answers: list[tuple[float, int, str]] = field(default_factory=list)
    stopped: threading.Event = field(default_factory=threading.Event)
    failures: list[Exception] = field(default_factory=list)

    def call(self, number: int) -> None:
        try:
            with Caller(self.port) as caller:
                while not self.stopped.is_set():
                    began = time.monotonic()
                    answer = caller.ask(a_request(a_charge(customer_id=number + 1)))
                    self.answers.append((began, answer.status, answer.json["result"]))
        except Exception as error:
            self.failures.append(error)
            raise


def test_a_new_profile_is_in_effect_on_all_threads_and_no_call_fails(
    tmp_path: Path, measurements: Measurements
) -> None:
    profile = tmp_path / "profile.json"
    write(profile, 1)
    with ServiceProcess(tmp_path, profile_file=str(profile), threads="8") as service:
        load = Load(service.port)
        callers = [threading.Thread(target=load.call, args=(n,)) for n in range(_CALLERS)]
        for caller in callers:
            caller.start()
        slowest = max(change(profile, load, rate=turn % 2) for turn in range(_CHANGES))
        load.stopped.set()
        for caller in callers:
            caller.join()

    assert load.failures == []
    assert {status for _, status, _ in load.answers} == {200}
    assert slowest <= _WITHIN
    measurements.note(f"a changed profile is in effect beside {_CALLERS} callers", slowest, "s")


def change(profile: Path, load: Load, *, rate: int) -> float:
    """Writes a rate and returns how long after it the last call began that knew another."""
    written = time.monotonic()
    write(profile, rate)
    wanted = "true" if rate else "false"

    def known_for_long() -> bool:
        # As long again as it may take, so that nobody comes late unseen.
        since = [began for began, _, result in load.answers if began > written and result == wanted]
        return bool(since) and time.monotonic() - written > 2 * _WITHIN

    eventually(known_for_long, within=10 * _WITHIN)
    slow = [began for began, _, result in load.answers if began > written and result != wanted]
    return max(slow, default=written) - written


def write(profile: Path, rate: int) -> None:
    """In one step, as kubelet does."""
    new = profile.with_suffix(".new")
    new.write_text(json.dumps({"successRate": rate, "duplicates": {"mode": "Ignore"}}))
    new.replace(profile)
