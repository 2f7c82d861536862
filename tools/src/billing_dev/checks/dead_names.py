"""Finds names that nobody uses, and docstrings of fields that are not there.

A public name must have a user anywhere in the tree, a private one in its own module: that another
module has a name of the same letters does not count. pyproject.toml lists what libraries use.
"""

import argparse
import ast
import sys
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from vulture import Vulture
from vulture.core import Item

from billing_dev.tree import ROOT

# Tests themselves are found by their names, and some find their steps by name.
_JUDGED = ("operator/src", "payment/src", "tools/src", "tests/support")


def main(words: Sequence[str]) -> int:
    """Returns 0 where there is none."""
    argparse.ArgumentParser(prog="dead_names", description=__doc__).parse_args(words)
    wanted = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["vulture"]
    lines = list(dead_names(ROOT, wanted))
    print("\n".join(lines))
    return int(bool(lines))


def dead_names(
    root: Path, wanted: Mapping[str, Any], judged: Sequence[str] = _JUDGED
) -> Iterator[str]:
    """What is dead in the judged folders, each with its file and line.

    Args:
        wanted: paths, whose names count as users, ignore_names and ignore_decorators, all as
            vulture takes them.
    """
    used_by_others = {key: wanted[key] for key in ("ignore_names", "ignore_decorators")}
    whole = Vulture(**used_by_others)
    whole.scavenge([root / path for path in wanted["paths"]])
    items = [item for item in whole.get_unused_code() if not _is_private(item)]
    for file in (file for folder in judged for file in sorted((root / folder).rglob("*.py"))):
        text = file.read_text()
        module = Vulture(**used_by_others)
        module.scan(text, filename=file)
        alone = [item for item in module.get_unused_code() if _is_private(item)]
        here = [item for item in items if item.filename == file]
        lines = {item.first_lineno: item.message for item in alone + here}
        lines |= dict.fromkeys(_explaining_nothing(text), "docstring of nothing")
        for line, message in sorted(lines.items()):
            yield f"{file.relative_to(root)}:{line}: {message}"


def _is_private(item: Item) -> bool:
    return item.name.startswith("_") and not item.name.startswith("__")


def _explaining_nothing(text: str) -> Iterator[int]:
    """Lines of texts below a field or a constant, of which none stands above them."""
    for scope in ast.walk(ast.parse(text)):
        if isinstance(scope, ast.Module | ast.ClassDef):
            for above, below in zip(scope.body, scope.body[1:], strict=False):
                if _is_text(below) and not isinstance(above, ast.Assign | ast.AnnAssign):
                    yield below.lineno


def _is_text(line: ast.stmt) -> bool:
    return (
        isinstance(line, ast.Expr)
        and isinstance(line.value, ast.Constant)
        and isinstance(line.value.value, str)
    )


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
