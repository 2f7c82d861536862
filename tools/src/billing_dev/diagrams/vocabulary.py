"""The operator's own tables of states, as the pictures show them."""

import ast
import inspect
import textwrap
from collections.abc import Iterator
from enum import StrEnum

from billing_operator.reasons import Reason, WaitReason
from billing_operator.runs.report import Outcome
from billing_operator.status.readiness import READINESS


def reasons() -> tuple[str, ...]:
    """All that there are."""
    return tuple(map(str, Reason))


def checks() -> tuple[tuple[str, str], ...]:
    """The checks of readiness in their order, each with the sentence that it says of itself."""
    return tuple((check.__name__, _sentence(check.__doc__ or "")) for check in READINESS)


def waits() -> tuple[tuple[str, str], ...]:
    """Names and values of the reasons for which a run waits."""
    return tuple((name, str(value)) for name, value in WaitReason.__members__.items())


def outcomes() -> tuple[tuple[str, str], ...]:
    """What may become of a run, and the sentence that stands below each in the code."""
    sentences = dict(_sentences_of_members(Outcome))
    return tuple(
        (str(value), sentences.get(name, "")) for name, value in Outcome.__members__.items()
    )


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
