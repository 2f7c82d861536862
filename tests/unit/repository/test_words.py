"""Each thing has one name, a term of Kubernetes or of billing; names that were given up stay away.

Each table has the old name and the one that took its place. A name that is also an English word is
looked for where it would be a name alone: in the schema, in a path of a field, among identifiers.
"""

import ast
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TypeGuard

import pytest

from billing_dev.crd import nodes, schema
from billing_dev.render.reference import is_in_a_copy
from billing_dev.tree import ROOT, files
from billing_operator import names
from billing_operator.reasons import ConditionType, EventReason, Reason, WaitReason
from support.documents.pages import DOCS, documents, first_words, in_code

# Fields of a stack.
FIELDS = {
    "life": "antaeusInstance",
    "unsettled": "unresolvedRun",
    "direct": "unmanagedRun",
    "ready": "readyReplicas",
    "renewed": "lastHandledRenew",
    "requested": "lastHandledRotate",
    "text": "expression",
    "waitsFor": "waitingFor",
    "startedAt": "startTime",
    "finishedAt": "completionTime",
    "admittedAt": "admissionTime",
    "rotatedAt": "lastRotationTime",
    "lastSuccessAt": "lastSuccessfulTime",
    "changedAt": "lastChangeTime",
    "at": "time",
    "keepSeconds": "ttlSeconds",
    "whenLost": "failurePolicy",
}
# Nowhere in the project.
ANYWHERE = {
    "BillingRunBegun": "BillingRunStarted",
    "BillingRunWaits": "BillingRunBlocked",
    "BillingRunSettled": "BillingRunResolved",
    "EarlierRunUnknown": "UnresolvedRun",
    "PodTrouble": "PodsUnhealthy",
    "EarlierStackLeaving": "PreviousStackTerminating",
    "ChildrenAppearing": "ConcurrentWriter",
    "Swapped": "Promoted",
    "Forgetting": "Retiring",
    "waitsFor": "waitingFor",
    "admittedAt": "admissionTime",
    "rotatedAt": "lastRotationTime",
    "lastSuccessAt": "lastSuccessfulTime",
    "changedAt": "lastChangeTime",
    "keepSeconds": "ttlSeconds",
    "whenLost": "failurePolicy",
    "PAYMENT_STORE_LOST": "PAYMENT_STORE_FAILURE_POLICY",
    "PAYMENT_HELD_REPLIES": "PAYMENT_DEFERRED_REPLIES",
    "payment_replies_held": "payment_replies_deferred",
    "other-id": "secondary-id",
    "Told in logs and counted by": "Name in logs and metrics",
    "So many pods may be away": "Maximum unavailable pods",
    "starts it anew": "restarts the pod",
}
# Public reasons, and messages of the operator's log.
REASONS = {"Refused": "ApplyRejected", "Unsettled": "UnresolvedRun", "Direct": "UnmanagedPayCall"}
MESSAGES = {
    "token": "token rotation step",
    "wrote": "applied children",
    "held up": "reconcile incomplete",
    "let go": "released field",
    "not hurried": "could not wake kubelet",
}
# Identifiers and modules of one program.
NAMES = {
    "operator/src": (
        *("Sight", "see", "around", "Circumstances", "Wait", "Settled", "settled", "SETTLE"),
        *("strays", "held_back", "undone", "Tools", "Life", "saw", "Announcer", "announcements"),
        *("run_news", "Trouble", "OutOfSight", "calm", "Stillness", "blind", "moving", "take_in"),
        *("wish", "takeover", "claim", "let_go", "hand_over", "ground", "dispensable"),
        *("direct", "unsettled", "waits_for", "claimed", "forgotten", "settle"),
    ),
    "payment/src": (
        *("Surroundings", "given", "Case", "Told", "Asked", "Desk", "foresee", "HeldBack", "Held"),
        *("Holding", "HoldingChannel", "late", "AT_WORK", "under_way", "in_force", "shown"),
    ),
    "tools/src": (),
}
# Variables that say nothing of what they hold, and the programs that have none of them any more.
VARIABLES = {"found", "told", "said", "this", "there", "mine"}
WITHOUT_VARIABLES = ("operator/src", "payment/src", "tools/src")

THIS = Path(__file__)
WRITTEN = {".md", ".yaml", ".yml", ".py", ".json", ".lua", ".html", ".svg", ".cast", ".toml"}


def test_no_field_of_a_stack_has_a_name_that_was_given_up() -> None:
    ours = {path for path, _ in nodes(schema()) if not is_in_a_copy(path)}

    assert [path for path in ours if path.rpartition(".")[2].rstrip("[]{}") in FIELDS] == []


@pytest.mark.parametrize("page", documents(), ids=lambda page: str(page.relative_to(ROOT)))
def test_no_page_names_a_field_that_is_not_there(page: Path) -> None:
    named = re.findall(r"\b(?:spec|status)(?:\.\w+)+", " ".join(in_code(page)))

    assert {path for path in named if set(path.split(".")) & FIELDS.keys()} == set()


def test_the_values_of_an_enumeration_are_words_that_yaml_reads_as_they_are_written() -> None:
    values = {
        (path, value)
        for path, node in nodes(schema())
        for value in node.get("enum", ())
        if isinstance(value, str)
    }

    assert [each for each in values if not re.fullmatch("([A-Z][a-z]*|IP)+", each[1])] == []


def test_no_text_of_the_project_has_a_word_that_was_given_up() -> None:
    written = [file for file in files() if file.suffix in WRITTEN and file.name != THIS.name]

    assert [fault for file in written for fault in given_up(file.read_text(), file.name)] == []


def test_no_reason_message_or_key_has_a_name_that_was_given_up() -> None:
    public = {*ConditionType, *Reason, *WaitReason, *EventReason}
    messages = set(first_words(DOCS / "reference/logs.md", "The operator"))
    keys = {value for value in vars(names).values() if isinstance(value, str)}

    assert public & {*REASONS, *ANYWHERE} == set()
    assert messages & MESSAGES.keys() == set()
    assert keys & {"other", "other-id"} == set()


@pytest.mark.parametrize("program", NAMES)
def test_no_identifier_has_a_name_that_was_given_up(program: str) -> None:
    forbidden = set(NAMES[program])

    assert [
        f"{file.relative_to(ROOT)}: {name}"
        for file in sorted((ROOT / program).rglob("*.py"))
        for name in sorted({file.stem, *identifiers(file.read_text())} & forbidden)
    ] == []


@pytest.mark.parametrize("program", WITHOUT_VARIABLES)
def test_a_variable_says_what_it_holds(program: str) -> None:
    assert [
        f"{file.relative_to(ROOT)}: {name}"
        for file in sorted((ROOT / program).rglob("*.py"))
        for name in sorted(variables(file.read_text()) & VARIABLES)
    ] == []


def test_a_word_that_came_back_is_found() -> None:
    assert list(given_up("an Event BillingRunWaits", "a.md")) == [
        "a.md: BillingRunWaits is called BillingRunBlocked"
    ]
    assert list(given_up("BillingRunWaitsNot", "a.md")) == []
    assert variables("def a(told): found = this.there") == {"told", "found"}
    assert identifiers("def _wish(calm: int) -> Tools: ...") == {"wish", "calm", "int", "Tools"}


def given_up(text: str, place: str) -> Iterator[str]:
    """The words of a text that stand nowhere any more."""
    for old, new in ANYWHERE.items():
        if re.search(rf"(?<!\w){re.escape(old)}(?!\w)", text):
            yield f"{place}: {old} is called {new}"


def identifiers(code: str) -> set[str]:
    """The names that a module defines, uses or takes as arguments, without leading underscores."""
    found: Iterable[object] = (
        getattr(node, field, None)
        for node in ast.walk(ast.parse(code))
        for field in ("id", "name", "attr", "arg", "asname")
    )
    return {name.lstrip("_") for name in found if isinstance(name, str)}


def variables(code: str) -> set[str]:
    """What a module assigns to, and the arguments that it takes."""
    nodes_of_code = [*ast.walk(ast.parse(code))]
    assigned = {node.id for node in nodes_of_code if is_assigned(node)}
    return assigned | {node.arg for node in nodes_of_code if isinstance(node, ast.arg)}


def is_assigned(node: ast.AST) -> TypeGuard[ast.Name]:
    return isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)
