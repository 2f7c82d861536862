"""A run pays only with the leave of its very pod."""

import threading
from pathlib import Path

import pytest

from billing_dev.eventually import eventually
from billing_operator.commands.pay_run import Antaeus, Leave, Patience, PayRun
from billing_operator.runs.report import Outcome
from unit.billing_operator.commands.fake_antaeus import UID, FakeAntaeus, leave

AT_ONCE = Patience(0.0, leave_seconds=0.0)


@pytest.mark.parametrize("may_pay", ["", "uid-of-the-original", f" {UID}"])
def test_a_pod_that_has_no_leave_of_its_own_does_not_pay(
    antaeus: FakeAntaeus, tmp_path: Path, may_pay: str
) -> None:
    """A copy of a Job or of a pod has all that the original was told, and another uid."""
    run = PayRun(
        Antaeus(antaeus.url),
        tmp_path / "termination-log",
        lambda _: None,
        Leave(leave(tmp_path / "run", may_pay=may_pay)),
        patience=AT_ONCE,
    )

    assert run() is Outcome.NOT_SENT
    assert "has not given this pod leave to pay" in run.report.explanation
    assert antaeus.calls == 0


def test_a_pod_without_the_files_of_one_does_not_pay(antaeus: FakeAntaeus, tmp_path: Path) -> None:
    report = tmp_path / "termination-log"
    files = Leave(tmp_path / "none")
    run = PayRun(Antaeus(antaeus.url), report, lambda _: None, files, patience=AT_ONCE)

    assert run() is Outcome.NOT_SENT
    assert antaeus.calls == 0


def test_a_pod_waits_for_its_leave(antaeus: FakeAntaeus, tmp_path: Path) -> None:
    antaeus.pays(200, b"true", paid=2)
    files = leave(tmp_path / "run", may_pay="")
    report, outcome = tmp_path / "termination-log", []
    patience = Patience(0.0, leave_seconds=60.0, leave_pause=0.01)
    run = PayRun(Antaeus(antaeus.url), report, lambda _: None, Leave(files), patience=patience)
    thread = threading.Thread(target=lambda: outcome.append(run()))
    thread.start()
    eventually(report.exists, within=10)
    assert antaeus.calls == 0

    leave(files)
    thread.join(timeout=30)
    assert outcome == [Outcome.SUCCEEDED]
    assert antaeus.calls == 1


@pytest.mark.parametrize("paid", ["", "-1", "many"])
def test_a_leave_without_what_was_paid_before_is_none(
    antaeus: FakeAntaeus, tmp_path: Path, paid: str
) -> None:
    files = Leave(leave(tmp_path / "run", paid=paid))
    report = tmp_path / "termination-log"
    run = PayRun(Antaeus(antaeus.url), report, lambda _: None, files, patience=AT_ONCE)

    assert run() is Outcome.NOT_SENT
    assert antaeus.calls == 0
