"""Condition types and reasons stand in one place, so that nobody writes one of them differently."""

import ast
import re
from collections.abc import Iterator
from enum import StrEnum
from pathlib import Path

import pytest

from billing_dev.tree import ROOT
from billing_operator.reasons import ConditionType, EventReason, Reason, WaitReason
from billing_operator.runs.report import Outcome

PACKAGE = ROOT / "operator/src/billing_operator"
ENUMS: tuple[type[StrEnum], ...] = (ConditionType, EventReason, Reason, WaitReason)
WORDS = {str(word) for enum in ENUMS for word in enum}
# Within a text, a single word such as "Ready" may well mean something else.
TOLD_APART = {word for word in WORDS if re.search("[a-z][A-Z]", word)}
# A condition of Kubernetes' own, of a pod.
OTHERS = {("observed/stack.py", "Ready")}


def test_no_condition_type_and_no_reason_is_written_out_elsewhere() -> None:
    files = [file for file in PACKAGE.rglob("*.py") if file.name != "reasons.py"]
    found = {(str(file.relative_to(PACKAGE)), word) for file in files for word in written_out(file)}

    assert found >= OTHERS
    assert found - OTHERS == set(), "take the member of its enum in billing_operator.reasons"


@pytest.mark.parametrize(
    ("code", "found"),
    [
        pytest.param('x = "TokenLost"', ["TokenLost"], id="a reason by itself"),
        pytest.param('x = "Ready"', ["Ready"], id="a condition type of one word"),
        pytest.param('x = f"see NameConflict: {1}"', ["NameConflict"], id="one within a text"),
        pytest.param('x = "Ready or not"', [], id="a word that may mean something else"),
        pytest.param('"""Of TokenLost."""', [], id="a docstring"),
        pytest.param("x = Reason.TOKEN_LOST", [], id="the member of the enum"),
    ],
)
def test_what_is_written_out_is_found(tmp_path: Path, code: str, found: list[str]) -> None:
    (tmp_path / "module.py").write_text(code)

    assert list(written_out(tmp_path / "module.py")) == found


@pytest.mark.parametrize("enum", ENUMS, ids=lambda enum: enum.__name__)
def test_a_word_is_one_that_kubernetes_takes_and_its_member_is_called_by_it(
    enum: type[StrEnum],
) -> None:
    for word in enum:
        assert re.fullmatch(r"([A-Z][a-z]+)+", word)
        assert word.name == re.sub(r"(?<=[a-z])(?=[A-Z])", "_", word).upper()


def test_a_condition_that_a_fault_brings_has_a_reason_of_the_same_name() -> None:
    of_the_stack = {ConditionType.READY, ConditionType.RECONCILING, ConditionType.STALLED}
    of_the_stack |= {ConditionType.BILLING_ALLOWED}

    assert {str(kind) for kind in set(ConditionType) - of_the_stack} <= set(Reason)


def test_every_end_of_a_run_is_an_event_of_its_own() -> None:
    assert {f"BillingRun{outcome}" for outcome in Outcome} <= set(EventReason)


def written_out(file: Path) -> Iterator[str]:
    """The condition types and reasons that stand in a module as texts, docstrings apart."""
    tree = ast.parse(file.read_text())
    said = {id(line.value) for line in ast.walk(tree) if isinstance(line, ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in said:
            if node.value in WORDS:
                yield node.value
            else:
                yield from TOLD_APART.intersection(re.findall(r"\w+", node.value))
