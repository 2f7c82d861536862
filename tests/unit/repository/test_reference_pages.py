"""Each reference page lists all that the code has of its kind, and nothing else."""

import ast
import dataclasses
import re
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path

import promql_parser
import pytest
from prometheus_client import generate_latest

from billing_dev.tree import ROOT
from billing_operator import names
from billing_operator.metrics import Metrics
from billing_operator.reasons import ConditionType, EventReason, Reason, WaitReason
from billing_operator.runs.metrics import RunMetrics
from billing_operator.runs.report import Outcome
from billing_operator.settings import Settings
from billing_operator.status.readiness import READINESS
from payment_service.cashier.records import REFUSALS
from support.documents.pages import (
    DOCS,
    documents,
    first_words,
    in_code,
    name,
    rows,
    yaml_documents,
)
from support.payment.service import a_service, get

OPERATOR = ROOT / "operator/src/billing_operator"
PAYMENT = ROOT / "payment/src/payment_service"
REFERENCE = DOCS / "reference"
METRICS, SETTINGS = REFERENCE / "metrics.md", REFERENCE / "settings.md"
EVENTS, LOGS, ANNOTATIONS = (REFERENCE / f"{of}.md" for of in ("events", "logs", "annotations"))
STATES = REFERENCE / "conditions-and-reasons.md"
# Faults that end a pass, or a reading, before anything is said about a stack.
UNTOLD = {Reason.NAMESPACE_LEAVING, Reason.NO_ANSWER}
# Reasons of conditions that do not hold, which are no news.
# What the labels by which alerts choose may be.
LABELS: dict[str, set[str]] = {
    "type": {*ConditionType},
    "outcome": {*Outcome, "Skipped"},
    "state": {"running", "waiting", "unresolvedRun", "unmanagedRun"},
    "reason": {*REFUSALS},
    "result": {"done", "failed"},
    "action": {"created", "changed", "removed"},
    "code": {"none", "5..", "403"},
}
AT_REST = {"UpToDate", "NotStalled", "AsExpected", "ReconcileIncomplete"}
AT_REST |= {Reason.INVOICES_UNKNOWN, Reason.BOOKS_UNKNOWN, Reason.REFUSALS_UNKNOWN}


@pytest.fixture
def metrics(tmp_path: Path) -> dict[str, str]:
    """What both services expose, with its type; without the times of birth of each."""
    with a_service(tmp_path) as service:
        payment = get(service.ops.number, "/metrics").body
    operator = Metrics()
    RunMetrics(operator.registry)
    exposed = generate_latest(operator.registry) + payment
    found = dict(re.findall(r"^# TYPE (\S+) (\S+)$", exposed.decode(), re.MULTILINE))
    return {name: kind for name, kind in found.items() if not name.endswith("_created")}


def test_every_metric_is_explained_and_no_other(metrics: dict[str, str]) -> None:
    assert sorted(set(first_words(METRICS))) == sorted(metrics)


def test_metrics_have_the_type_that_the_page_says(metrics: dict[str, str]) -> None:
    for row in rows(METRICS):
        for metric in re.findall(r"`([^`]+)`", row[0]):
            if not metric.startswith("process_"):
                assert row[1].startswith(metrics[metric]), metric


def test_alerts_are_valid_and_rest_on_metrics_that_exist(metrics: dict[str, str]) -> None:
    known = {name if kind != "histogram" else f"{name}_bucket" for name, kind in metrics.items()}
    monitor = DOCS / "how-to/monitor.md"
    (rule,) = (one for one in yaml_documents(monitor) if one.get("kind") == "PrometheusRule")

    asked = {
        name
        for group in rule["spec"]["groups"]
        for each in group["rules"]
        for name in selected(each["expr"])
    }
    assert asked - known == set()
    assert len(asked) > 5


def test_alerts_choose_by_labels_that_the_metrics_can_have() -> None:
    monitor = DOCS / "how-to/monitor.md"
    (rule,) = (one for one in yaml_documents(monitor) if one.get("kind") == "PrometheusRule")

    chosen = [
        (label, value)
        for group in rule["spec"]["groups"]
        for each in group["rules"]
        for label, values in re.findall(r'(\w+)=~?"([^"]*)"', each["expr"])
        for value in values.split("|")
    ]
    assert [(label, value) for label, value in chosen if value not in LABELS[label]] == []
    assert {label for label, _ in chosen} == LABELS.keys()


def test_an_alert_that_could_never_fire_is_found() -> None:
    assert set(selected("rate(billing_operator_typo_total[5m]) > 0")) == {
        "billing_operator_typo_total"
    }
    with pytest.raises(ValueError, match="expected type"):
        list(selected("rate(billing_operator_stacks)"))


def test_every_setting_of_the_operator_is_told_with_its_default() -> None:
    told = {
        setting.removeprefix("BILLING_").lower(): row[1].strip("`")
        for row in rows(SETTINGS)
        for setting in re.findall(r"`(BILLING_\w+)`", row[0])
    }
    defaults = {field.name: field.default for field in dataclasses.fields(Settings)}

    assert set(told) == set(defaults)
    as_written = {k: f"{v:g}" for k, v in defaults.items() if isinstance(v, int | float)}
    assert as_written.items() <= told.items()
    assert told["log_level"] == defaults["log_level"]


def test_every_condition_is_explained_and_no_other() -> None:
    assert sorted(first_words(STATES, "Conditions")) == sorted(ConditionType)


def test_every_reason_is_explained_and_no_other() -> None:
    of_ready = set(first_words(STATES, "Reasons of Ready", 1))

    assert set(Reason) - UNTOLD - in_code(STATES) == set()
    assert of_ready - set(Reason) == set()


def test_reasons_of_ready_stand_in_the_order_in_which_they_are_judged() -> None:
    checks = [row[0].strip("`") for row in rows(STATES, "Reasons of Ready")[1:]]

    in_order = [check.__name__ for check in READINESS]
    assert [check for check, _ in groupby(checks)] == [*in_order, ""]


def test_every_reason_for_which_a_run_waits_is_told_and_no_other() -> None:
    assert sorted(first_words(STATES, "Reasons of waiting runs")) == sorted(WaitReason)


def test_every_outcome_of_a_run_is_told_and_no_other() -> None:
    assert sorted(first_words(STATES, "Outcomes of a run")) == sorted(Outcome)


def test_every_event_is_told_and_no_other() -> None:
    of_conditions = set(Reason) - UNTOLD - AT_REST

    assert sorted(set(first_words(EVENTS, column=1))) == sorted({*of_conditions, *EventReason})


def test_every_message_of_the_operators_log_is_explained_and_no_other() -> None:
    messages = {message for file in OPERATOR.rglob("*.py") for message in logged(file)}

    assert {"removed", "no resync"} <= messages
    assert sorted(first_words(LOGS, "The operator")[1:]) == sorted(messages)


def test_every_event_of_payments_log_is_explained_and_no_other() -> None:
    events = {event for file in PAYMENT.rglob("*.py") for event in events_logged(file)}

    assert {"drain_began", "token_changed", "fault_set"} <= events
    assert set(first_words(LOGS, "Payment")[1:]) == {*events, "charge", "log_lines_lost"}


def test_every_annotation_and_label_is_told_and_no_other() -> None:
    known = {of for of in vars(names).values() if isinstance(of, str) and in_group(of)}
    told = [word for word in first_words(ANNOTATIONS) if in_group(word)]

    assert sorted(told) == sorted(known)


@pytest.mark.parametrize("page", documents(), ids=name)
def test_every_annotation_that_a_page_names_is_one_of_the_operators(page: Path) -> None:
    known = {value for value in vars(names).values() if isinstance(value, str)}
    versions = {f"{names.GROUP}/v1", f"{names.GROUP}/v1beta1"}
    named = set(re.findall(rf"{re.escape(names.GROUP)}/[a-z][a-z0-9-]+", page.read_text()))

    assert {each.rstrip("-") for each in named} - known - versions == set()


@pytest.mark.parametrize("page", [METRICS, SETTINGS, ANNOTATIONS], ids=name)
def test_what_a_reference_page_lists_no_other_page_lists(page: Path) -> None:
    listed = set(first_words(page))
    for other in documents():
        if other != page:
            assert listed & set(first_words(other)) == set(), name(other)


def in_group(text: str) -> bool:
    return text.startswith(f"{names.GROUP}/")


def selected(expression: str) -> Iterator[str]:
    """The metrics that a PromQL expression asks for; raises ValueError where it is none."""
    promql_parser.parse(expression)
    bare = re.sub(r'"[^"]*"|\[[^]]*\]', "", expression)
    return iter(re.findall(r"\b(?:billing_operator|payment|process)_\w+", bare))


def logged(file: Path) -> Iterator[str]:
    """What a module's own logger is told."""
    for call in ast.walk(ast.parse(file.read_text())):
        if isinstance(call, ast.Call) and ast.unparse(call.func).startswith("log."):
            yield ast.literal_eval(call.args[0])


def events_logged(file: Path) -> Iterator[str]:
    """The events of a module's log lines; what a file that is followed is called stands in some."""
    followed = ("profile", "token", "control_token")
    for call in ast.walk(ast.parse(file.read_text())):
        if isinstance(call, ast.Call) and re.search(r"\.(log_)?event$", ast.unparse(call.func)):
            if isinstance(call.args[0], ast.Constant):
                yield str(call.args[0].value)
            else:
                text = ast.unparse(call.args[0]).strip("f\"'")
                yield from (text.replace("{live.name}", name) for name in followed)
