"""The documents tell every metric, setting, reason and log message there is, and no other."""

import ast
import dataclasses
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import kubernetes_validate
import promql_parser
import pytest
import yaml
from prometheus_client import generate_latest

from billing_dev.tree import ROOT, files
from billing_operator import names
from billing_operator.metrics import Metrics
from billing_operator.reasons import ConditionType, EventReason, Reason, WaitReason
from billing_operator.runs.metrics import RunMetrics
from billing_operator.settings import Settings
from support.payment.service import a_service, get

README = ROOT / "README.md"
OPERATIONS = ROOT / "docs/operations.md"
CONCEPTS = ROOT / "docs/concepts.md"
OPERATOR = ROOT / "operator/src/billing_operator"
# Faults that end a pass, or a reading, before anything is said about a stack.
UNTOLD = {Reason.NAMESPACE_LEAVING, Reason.NO_ANSWER}
NEWEST = "1.37"


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
    told = in_code(OPERATIONS)

    assert set(metrics) - told == set()
    ours = {word for word in told if re.fullmatch(r"(billing_operator|payment)_[a-z_]+", word)}
    assert ours - set(metrics) == set()


def test_alerts_are_valid_and_rest_on_metrics_that_exist(metrics: dict[str, str]) -> None:
    known = {name if kind != "histogram" else f"{name}_bucket" for name, kind in metrics.items()}
    (rules,) = (block for block in blocks(OPERATIONS, "yaml") if "groups" in block)

    asked = {
        name
        for group in rules["groups"]
        for rule in group["rules"]
        for name in selected(rule["expr"])
    }
    assert asked - known == set()
    assert len(asked) > 5


def test_an_alert_that_could_never_fire_is_found() -> None:
    assert set(selected("rate(billing_operator_typo_total[5m]) > 0")) == {
        "billing_operator_typo_total"
    }
    with pytest.raises(ValueError, match="expected type"):
        list(selected("rate(billing_operator_stacks)"))


def test_every_setting_of_the_operator_is_told_with_its_default() -> None:
    rows = re.findall(r"^\| (`BILLING_.+?) \| (.+?) \|", README.read_text(), re.MULTILINE)
    told = {
        name.lower(): default.strip("`")
        for settings, default in rows
        for name in re.findall(r"`BILLING_(\w+)`", settings)
    }
    defaults = {field.name: field.default for field in dataclasses.fields(Settings)}

    assert set(told) == set(defaults)
    as_written = {k: f"{v:g}" for k, v in defaults.items() if isinstance(v, int | float)}
    assert as_written.items() <= told.items()
    assert told["log_level"] == defaults["log_level"]


@pytest.mark.parametrize("document", [OPERATIONS, CONCEPTS], ids=lambda path: path.name)
def test_every_condition_and_every_reason_is_explained(document: Path) -> None:
    words = {*ConditionType, *Reason, EventReason.TOKEN_ROTATED}

    assert words - UNTOLD - in_code(document) == set()


def test_every_event_and_all_that_a_run_waits_for_is_explained() -> None:
    assert {*EventReason, *WaitReason} - in_code(OPERATIONS) == set()


def test_every_message_of_the_operators_log_is_explained() -> None:
    messages = {message for file in OPERATOR.rglob("*.py") for message in logged(file)}

    assert {"applied children", "reconcile incomplete"} <= messages
    assert messages - in_code(OPERATIONS) == set()


def test_every_annotation_and_label_is_one_of_the_operators() -> None:
    known = {value for value in vars(names).values() if isinstance(value, str)}
    for document in documents():
        named = set(re.findall(rf"{re.escape(names.GROUP)}/[a-z][a-z-]+", document.read_text()))
        assert named - known == set(), document.name


def test_every_manifest_is_one_that_kubernetes_knows() -> None:
    shown = [each for each in blocks(OPERATIONS, "yaml") if "kind" in each]

    assert {each["kind"] for each in shown} >= {"NetworkPolicy", "PodDisruptionBudget"}
    for manifest in shown:
        kubernetes_validate.validate(manifest, NEWEST, strict=True)


def test_every_relative_link_leads_somewhere() -> None:
    assert [fault for document in documents() for fault in broken_links(document)] == []


def test_a_broken_link_is_found(tmp_path: Path) -> None:
    (tmp_path / "there.md").write_text("# What it's for\n\n```sh\n# no heading\n```\n")
    document = tmp_path / "a.md"
    for target in ("there.md", "there.md#what-its-for", "https://example.com/x"):
        document.write_text(f"[text]({target})")
        assert list(broken_links(document)) == []
    for target in ("gone.md", "there.md#no-heading", "#nowhere"):
        document.write_text(f"[text]({target})")
        assert list(broken_links(document)) == [f"a.md: {target}"]


def documents() -> list[Path]:
    """Every Markdown file of the tree."""
    return [file for file in files() if file.suffix == ".md"]


def in_code(document: Path) -> set[str]:
    """The words between back-ticks."""
    return set(re.findall(r"`([^`\n]+)`", document.read_text()))


def blocks(document: Path, language: str) -> Iterator[Any]:
    """The documents within the YAML of a document."""
    for text in re.findall(rf"```{language}\n(.*?)```", document.read_text(), re.DOTALL):
        yield from yaml.safe_load_all(text)


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


def broken_links(document: Path) -> Iterator[str]:
    prose = without_code(document)
    for target in re.findall(r"\]\(([^)\s]+)\)", prose):
        if re.match(r"[a-z]+:", target):
            continue
        name, _, anchor = target.partition("#")
        file = (document.parent / name).resolve() if name else document
        if not file.exists() or (anchor and anchor not in anchors(file)):
            yield f"{document.name}: {target}"


def anchors(document: Path) -> set[str]:
    """The headings, as a link names them."""
    headings = re.findall(r"^#+ (.+)$", without_code(document), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", each.lower()).replace(" ", "-") for each in headings}


def without_code(document: Path) -> str:
    blocks_gone = re.sub(r"(?ms)^ *```.*?^ *```", "", document.read_text())
    return re.sub(r"`[^`\n]*`", lambda code: re.sub(r"[^\w -]", "", code[0]), blocks_gone)
