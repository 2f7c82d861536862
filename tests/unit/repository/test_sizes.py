"""Functions that fit on a screen, modules that can be read in one go."""

import ast
from collections.abc import Iterator
from pathlib import Path

from billing_dev.tree import ROOT

FUNCTION = 40
MANIFEST = 60
MODULE = 300


def test_no_module_and_no_function_is_too_long() -> None:
    files = [
        path
        for folder in ("operator", "payment", "tools", "tests")
        for path in python(ROOT / folder)
    ]

    assert [mistake for path in files for mistake in too_long(path)] == []


def test_a_function_that_is_too_long_is_found(tmp_path: Path) -> None:
    lines = ["def f():", *["    pass"] * FUNCTION]
    (tmp_path / "long.py").write_text("\n".join(lines))

    assert list(too_long(tmp_path / "long.py")) == ["long.py: f has 41 lines"]


def test_a_function_that_is_one_manifest_may_be_longer_but_not_endless(tmp_path: Path) -> None:
    def literal(lines: int) -> str:
        body = [f"        'field{number}': {number}," for number in range(lines - 3)]
        return "\n".join(["def f():", "    return {", *body, "    }"])

    (tmp_path / "fits.py").write_text(literal(MANIFEST))
    (tmp_path / "long.py").write_text(literal(MANIFEST + 1))

    assert list(too_long(tmp_path / "fits.py")) == []
    assert list(too_long(tmp_path / "long.py")) == ["long.py: f has 61 lines"]


def test_a_module_that_is_too_long_is_found(tmp_path: Path) -> None:
    (tmp_path / "long.py").write_text("x = 1\n" * (MODULE + 1))

    assert list(too_long(tmp_path / "long.py")) == ["long.py: 301 lines"]


def python(folder: Path) -> Iterator[Path]:
    return (path for path in sorted(folder.rglob("*.py")) if ".venv" not in path.parts)


def too_long(path: Path) -> Iterator[str]:
    text = path.read_text()
    if (lines := len(text.splitlines())) > MODULE:
        yield f"{path.name}: {lines} lines"
    for function in ast.walk(ast.parse(text)):
        if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef):
            lines = (function.end_lineno or 0) - function.lineno + 1
            if lines > (MANIFEST if is_one_literal(function) else FUNCTION):
                yield f"{path.name}: {function.name} has {lines} lines"


def is_one_literal(function: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    """Whether a function does nothing but return a dictionary or a list that it spells out."""
    said = [line for line in function.body if not is_docstring(line)]
    return (
        len(said) == 1
        and isinstance(said[0], ast.Return)
        and isinstance(said[0].value, ast.Dict | ast.List)
    )


def is_docstring(line: ast.stmt) -> bool:
    return isinstance(line, ast.Expr) and isinstance(line.value, ast.Constant)
