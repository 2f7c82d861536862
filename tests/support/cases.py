"""Parametrised cases whose ids are sentences, so that a failure says what failed."""

import re
from collections.abc import Iterable, Sequence
from enum import Enum
from typing import Any

import pytest
from _pytest.mark.structures import ParameterSet

_LONGEST = 60
# Two words with a space between them, which no id that pytest makes up has.
_WORDS = re.compile(r"[A-Za-z]{2,}\S* .*[A-Za-z]{2,}|[A-Za-z]{2,} \S")


def cases(sentence: str, rows: Iterable[Any]) -> list[ParameterSet]:
    """Returns rows with ids: the sentence with the values of the row in the place of {0}, {1}.

    A row is a tuple, or a value that stands for itself alone.
    """
    return [_case(sentence, row) for row in rows]


def _case(sentence: str, row: Any) -> ParameterSet:
    values: Sequence[Any] = row.values if isinstance(row, ParameterSet) else row
    if not isinstance(row, ParameterSet | tuple):
        values = (row,)
    return pytest.param(*values, id=sentence.format(*map(_text, values)))


def _text(value: object) -> str:
    if isinstance(value, Enum):
        text = value.name.lower()
    else:
        plain = isinstance(value, str) and value.isascii() and value.isprintable() and value.strip()
        text = str(value) if plain else ascii(value)
    return text if len(text) <= _LONGEST else text[:_LONGEST] + "..."


def unclear(items: Iterable[pytest.Item]) -> list[str]:
    """Returns the cases, as pytest names them, whose ids are no sentences."""
    return [item.nodeid for item in items if not _is_sentence(item)]


def _is_sentence(item: pytest.Item) -> bool:
    spec = getattr(item, "callspec", None)
    if spec is None:
        return True
    made_up = re.compile(rf"(^|-)({'|'.join(map(re.escape, spec.params))})\d+(-|$)")
    return _WORDS.search(spec.id) is not None and not made_up.search(spec.id)
