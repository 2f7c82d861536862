"""What a run's pod says, and what the operator makes of it."""

from dataclasses import replace

import pytest

from billing_operator.runs.report import Outcome, RunReport

PAID = RunReport(sent=True, status=200, answer=True)


@pytest.mark.parametrize(
    ("report", "outcome"),
    [
        (RunReport(), Outcome.NOT_SENT),
        (RunReport(sent=True), Outcome.UNKNOWN),
        (RunReport(sent=True, status=200, answer=True), Outcome.SUCCEEDED),
        (RunReport(sent=True, status=200, answer=False), Outcome.DECLINED),
        # Not Antaeus' words: somebody in between answers, and the batch may go on.
        (RunReport(sent=True, status=200), Outcome.UNKNOWN),
        (RunReport(sent=True, status=500), Outcome.INCOMPLETE),
        (RunReport(sent=True, status=503), Outcome.UNKNOWN),
        (RunReport(sent=True, status=504), Outcome.UNKNOWN),
        (RunReport(sent=True, status=404), Outcome.UNKNOWN),
    ],
    ids=[
        "nothing was sent",
        "no answer came",
        "all was paid",
        "a charge was declined",
        "200 in the words of another",
        "500 by which Antaeus breaks off",
        "503 of somebody in between",
        "504 of somebody in between",
        "404 of somebody in between",
    ],
)
def test_only_antaeus_own_answers_say_that_a_batch_has_ended(
    report: RunReport, outcome: Outcome
) -> None:
    assert report.outcome is outcome


def test_what_is_written_is_read() -> None:
    report = replace(PAID, answer=False, paid_before=2, pending_after=3, explanation="so")

    assert RunReport.parse(report.text()) == report


def test_it_fits_into_what_kubernetes_keeps_of_it() -> None:
    text = replace(PAID, paid_after=10**9, pending_after=10**9, explanation="ä" * 10_000).text()

    assert len(text.encode()) < 4096
    assert RunReport.parse(text) is not None


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Killed",
        "[]",
        "null",
        '{"sent": true',
        '{"sent": 1}',
        '{"sent": true, "more": 1}',
        '{"sent": true, "status": "200"}',
        '{"sent": true, "status": true}',
        '{"answer": "true"}',
        '{"paid_after": 1.5}',
        '{"explanation": null}',
    ],
)
def test_what_no_run_has_written_is_no_report(text: str) -> None:
    assert RunReport.parse(text) is None


def test_newly_paid_takes_both_counts() -> None:
    assert RunReport(paid_before=2, paid_after=10).newly_paid == 8
    assert RunReport(paid_before=2).newly_paid is None
    assert RunReport(paid_after=2).newly_paid is None
