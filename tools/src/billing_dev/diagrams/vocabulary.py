"""The operator's own tables of states, as the pictures show them."""

import ast
import inspect
import textwrap
from collections.abc import Iterator
from enum import StrEnum
from importlib import import_module
from typing import Any


def _first(*places: str) -> Any:
    """What stands at the first of these places; they change while the operator is rearranged."""
    for place in places:
        module, _, name = place.partition(":")
        try:
            return getattr(import_module(module), name)
        except (ImportError, AttributeError):
            continue
    return None


_REASON = _first(
    "billing_operator.reasons:Reason",
    "billing_operator.status.readiness:Reason",
    "billing_operator.status:Reason",
)
_WAIT: type[StrEnum] = _first(
    "billing_operator.reasons:WaitReason",
    "billing_operator.runs.admission:Wait",
    "billing_operator.admission:Wait",
)
_OUTCOME: type[StrEnum] = _first(
    "billing_operator.runs.report:Outcome", "billing_operator.run_report:Outcome"
)
_READINESS = _first("billing_operator.status.readiness:READINESS")
_CHAIN_TO_COME = (
    ("fault", "Something kept the pass from its end."),
    ("refused_profile", "A payment pod does not take the profile of the spec."),
    (
        "stuck_part",
        "The first part that is not as wanted has a trouble that only a person can mend.",
    ),
    ("suspended", "The spec wants something that its own suspend keeps from being done."),
    ("rotating", "Another token takes over."),
    ("rolling_out", "A part is not as wanted; Antaeus comes first."),
    ("hibernating", "The stack is to hibernate."),
    ("profile", "A ready payment pod answers by another profile than the one of the spec."),
)


def reason(*names: str) -> str:
    """The value of the first of these members of Reason that there is."""
    for name in names:
        if name in _REASON.__members__:
            return str(_REASON[name])
    return "".join(word.capitalize() for word in names[0].split("_"))


def reasons() -> tuple[str, ...]:
    """All that there are."""
    return tuple(map(str, _REASON))


def checks() -> tuple[tuple[str, str], ...]:
    """The checks of readiness in their order, each with the sentence that it says of itself."""
    if _READINESS is None:
        return _CHAIN_TO_COME
    return tuple((check.__name__, _sentence(check.__doc__ or "")) for check in _READINESS)


def waits() -> tuple[tuple[str, str], ...]:
    """Names and values of the reasons for which a run waits."""
    return tuple((name, str(value)) for name, value in _WAIT.__members__.items())


def outcomes() -> tuple[tuple[str, str], ...]:
    """What may become of a run, and the sentence that stands below each in the code."""
    said = dict(_sentences_of_members(_OUTCOME))
    return tuple((str(value), said.get(name, "")) for name, value in _OUTCOME.__members__.items())


def _sentence(docstring: str) -> str:
    return inspect.cleandoc(docstring).partition(". ")[0].replace("\n", " ").rstrip(".") + "."


def _sentences_of_members(kind: type[StrEnum]) -> Iterator[tuple[str, str]]:
    (definition,) = ast.parse(textwrap.dedent(inspect.getsource(kind))).body
    assert isinstance(definition, ast.ClassDef)
    name = ""
    for line in definition.body:
        match line:
            case ast.Assign(targets=[ast.Name(id=name)]):
                pass
            case ast.Expr(value=ast.Constant(value=str(text))) if name:
                yield name, _sentence(text)
