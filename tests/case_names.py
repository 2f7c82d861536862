"""Names of parametrised cases: a person who reads of a failed one must know which it was."""

import json
import re
from collections.abc import Generator
from typing import Any

import pytest

# Where every case has a name; to widen it, add a folder and name what is found.
NAMED = (
    "tests/e2e",
    "tests/fresh_cluster",
    "tests/integration",
    "tests/unit/billing_dev",
    "tests/unit/billing_operator",
    "tests/unit/payment_service",
    "tests/unit/repository",
)
_LONGEST = 90
# Of these pytest makes an id that says what they are.
_TELLING = (str, bytes, int, float, complex, bool, type(None), re.Pattern)


def as_written(value: object) -> str:
    """A value of a case as a person would write it: the ids of cases that need no other words."""
    if isinstance(value, list | tuple) and all(isinstance(word, str) for word in value):
        return ", ".join(value) or "none"
    text = value if isinstance(value, str) else json.dumps(value).replace('"', "")
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 3]}..."


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report(
    collector: pytest.Collector,
) -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    """Lets a module or a class fail whose cases are named by a number."""
    report = yield
    root = collector.config.rootpath
    if any(collector.path.is_relative_to(root / folder) for folder in NAMED):
        nameless = [found for item in report.result or () if (found := _nameless(item))]
        if nameless:
            report.outcome = "failed"
            report.longrepr = "\n".join(["give these cases ids that say what they are:", *nameless])
            report.result = []
    return report


def _nameless(node: object) -> str | None:
    """Which case it is, where one of its values has no other name than a number."""
    callspec: Any = getattr(node, "callspec", None)
    if not isinstance(node, pytest.Item) or callspec is None:
        return None
    numbered = any(
        re.search(rf"(^|-){re.escape(name)}\d+(-|$)", callspec.id)
        for name, value in callspec.params.items()
        if not isinstance(value, _TELLING)
    )
    return f"  {node.name}" if numbered else None
