"""Every name is used by somebody, and no docstring tells of a field that is not there.

Other programs that look for dead code compare names alone, so that a name which two modules define
counts as used as soon as one of them is. Here a name counts for the module that defines it.
"""

import ast
import functools
import re
import tomllib
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from billing_dev.tree import ROOT

FOLDERS = [ROOT / of for of in ("operator/src", "payment/src", "tools/src", "tests")]
Function = ast.FunctionDef | ast.AsyncFunctionDef
Definition = Function | ast.ClassDef
# Pytest finds them by their names.
PRIVATE = re.compile(r"_(?!_)")
FOUND_BY_NAME = re.compile(r"test_\w+|Test\w+|pytest_\w+|pytestmark")
# A type may stand in quotes.
TYPE = re.compile(r"[\w.]+(\[[\w., ]+\])?( \| [\w.]+)*")
ENTRY = re.compile(r"(\w+): ")


@dataclass(frozen=True)
class Module:
    """One module, and its name as others import it."""

    name: str
    tree: ast.Module

    @classmethod
    def of(cls, folder: Path, file: Path) -> "Module":
        parts = file.relative_to(folder).with_suffix("").parts
        named = parts[:-1] if parts[-1] == "__init__" else parts
        return cls(".".join(named), ast.parse(file.read_text()))


@functools.cache
def tree() -> list[Module]:
    """All modules of the project."""
    return [Module.of(folder, file) for folder in FOLDERS for file in sorted(folder.rglob("*.py"))]


def test_every_name_of_a_module_and_every_private_method_is_used() -> None:
    assert list(unused(tree(), scripts())) == []


def test_every_field_and_argument_that_a_docstring_tells_of_is_there() -> None:
    assert [fault for module in tree() for fault in untrue(module)] == []


@pytest.mark.parametrize(
    ("code", "dead"),
    [
        pytest.param("def f(): ...", ["one.f"], id="a function"),
        pytest.param("def f(): f()", ["one.f"], id="a function that only calls itself"),
        pytest.param("class A: ...", ["one.A"], id="a class"),
        pytest.param("X: int = 1", ["one.X"], id="a constant"),
        pytest.param("class A:\n  def _f(self): ...\nA()", ["one.A._f"], id="a private method"),
        pytest.param("import pytest\n@pytest.fixture\ndef f(): ...", ["one.f"], id="a fixture"),
        pytest.param("def _f(): ...\nX._f(X)\nX = 1", ["one._f"], id="a namesake of a method"),
        pytest.param('def f(): ...\nX = "see f."\nX', ["one.f"], id="what only a text tells of"),
        pytest.param("def f(): ...\ndef test_g(): f()", [], id="one that a test calls"),
        pytest.param('class A: ...\ndef test_g() -> "A | None": ...', [], id="a type in quotes"),
        pytest.param("def f(): ...\nX = 1\nf(X)", [], id="what the module itself uses"),
        pytest.param("class A:\n  def _f(self): ...\nA()._f()", [], id="a method that is called"),
    ],
)
def test_a_name_that_nobody_uses_is_found(code: str, dead: list[str]) -> None:
    namesake = Module("two", ast.parse("def f(): ...\nA = X = f\nprint(A, X)"))

    assert list(unused([Module("one", ast.parse(code)), namesake], set())) == dead


def test_what_another_module_or_a_script_uses_is_not_dead() -> None:
    one = Module("one", ast.parse("def f(): ...\ndef g(): ...\ndef main(): ..."))
    two = Module("two", ast.parse("import one\nfrom one import f\nf(one.g)"))

    assert list(unused([one, two], {("one", "main")})) == []


@pytest.mark.parametrize(
    ("code", "faults"),
    [
        pytest.param(
            'class A:\n  """A.\n\n  Attributes:\n    x: one.\n    y: two.\n  """\n  x: int',
            ["one.A: y"],
            id="a field",
        ),
        pytest.param(
            'def f(x):\n  """F.\n\n  Args:\n    x: one,\n      as: before.\n    y: two.\n  """',
            ["one.f: y"],
            id="an argument",
        ),
    ],
)
def test_a_docstring_that_tells_of_something_else_is_found(code: str, faults: list[str]) -> None:
    assert list(untrue(Module("one", ast.parse(code)))) == faults


def scripts() -> set[tuple[str, str]]:
    """Module and function of each program that a package brings along."""
    projects = [tomllib.loads(file.read_text()) for file in ROOT.glob("*/pyproject.toml")]
    named = [of for each in projects for of in each["project"].get("scripts", {}).values()]
    return {(module, function) for module, _, function in (each.partition(":") for each in named)}


def unused(modules: list[Module], known: set[tuple[str, str]]) -> Iterator[str]:
    """The names that nobody uses, apart from those that are known to be."""
    nodes = [node for module in modules for node in ast.walk(module.tree)]
    imported = known | {
        (node.module or "", alias.name)
        for node in nodes
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }
    attributes = {node.attr for node in nodes if isinstance(node, ast.Attribute)}
    # A fixture is asked for by an argument, some methods by a text.
    asked = {node.arg for node in nodes if isinstance(node, ast.arg)} | set(texts(nodes))
    for module in modules:
        lines = {id(line): names_in(line) for line in module.tree.body}
        used = Counter(name for names in lines.values() for name in names)
        for name, line in defined(module.tree):
            # A function that calls itself is not used by that.
            elsewhere = used[name] - (name in lines[id(line)])
            public = name in attributes and not PRIVATE.match(name)
            fixture = is_fixture(line) and (name in asked or is_used_by_itself(line))
            if not (elsewhere or public or fixture or (module.name, name) in imported):
                yield f"{module.name}.{name}"
        for of, method in private_methods(module.tree):
            if method not in attributes | asked:
                yield f"{module.name}.{of}.{method}"


def defined(module: ast.Module) -> Iterator[tuple[str, ast.stmt]]:
    """What a module defines, and where."""
    for line in module.body:
        names: list[str] = []
        if isinstance(line, Definition):
            names = [line.name]
        elif isinstance(line, ast.Assign | ast.AnnAssign):
            targets = line.targets if isinstance(line, ast.Assign) else [line.target]
            names = [n.id for each in targets for n in ast.walk(each) if isinstance(n, ast.Name)]
        for name in names:
            if not FOUND_BY_NAME.fullmatch(name) and not name.startswith("__"):
                yield name, line


def names_in(line: ast.stmt) -> set[str]:
    """The names that a line of a module uses, with all that stands below it."""
    nodes = list(ast.walk(line))
    loaded = {n.id for n in nodes if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Load)}
    quoted = filter(TYPE.fullmatch, texts(nodes))
    return loaded | {word for text in quoted for word in re.findall(r"\w+", text)}


def texts(nodes: list[ast.AST]) -> Iterator[str]:
    for node in nodes:
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value


def is_fixture(line: ast.stmt) -> bool:
    decorators = line.decorator_list if isinstance(line, Definition) else []
    return any("fixture" in ast.unparse(each) for each in decorators)


def is_used_by_itself(line: ast.stmt) -> bool:
    """Whether a fixture is there for every test, whoever asks for it."""
    return isinstance(line, Function) and "autouse=True" in ast.unparse(line)


def private_methods(module: ast.Module) -> Iterator[tuple[str, str]]:
    """Methods that only their own class or its heirs may call; a decorator may well do so, too."""
    for of in ast.walk(module):
        # Some methods are called by a name that is made from a word.
        if isinstance(of, ast.ClassDef) and "getattr(self, f" not in ast.unparse(of):
            for line in of.body:
                if isinstance(line, Function) and is_private(line):
                    yield of.name, line.name


def is_private(method: Function) -> bool:
    return bool(PRIVATE.match(method.name)) and not method.decorator_list


def untrue(module: Module) -> Iterator[str]:
    """Fields and arguments that only a docstring has."""
    for node in ast.walk(module.tree):
        if isinstance(node, ast.ClassDef) and not inherits(node):
            told, there = told_of(node, "Attributes"), fields(node)
        elif isinstance(node, Definition):
            told, there = told_of(node, "Args"), arguments(node)
        else:
            continue
        yield from (f"{module.name}.{node.name}: {name}" for name in told if name not in there)


def arguments(of: Definition) -> set[str]:
    return {node.arg for node in ast.walk(of) if isinstance(node, ast.arg)}


def inherits(of: ast.ClassDef) -> bool:
    """Whether a class may have fields of another; a tuple's are its own."""
    return any(ast.unparse(base) not in ("Protocol", "NamedTuple") for base in of.bases)


def told_of(node: Definition, section: str) -> list[str]:
    """The names that a section of a docstring explains."""
    _, _, text = (ast.get_docstring(node) or "").partition(f"{section}:\n")
    lines = text.split("\n\n")[0].splitlines()
    least = min((len(line) - len(line.lstrip()) for line in lines), default=0)
    entries = (ENTRY.match(line[least:]) for line in lines)
    return [entry[1] for entry in entries if entry]


def fields(of: ast.ClassDef) -> set[str]:
    """What an object of a class has."""
    in_body = {
        line.target.id
        for line in of.body
        if isinstance(line, ast.AnnAssign) and isinstance(line.target, ast.Name)
    }
    methods = {line.name for line in of.body if isinstance(line, Function)}
    return in_body | methods | {n.attr for n in ast.walk(of) if isinstance(n, ast.Attribute)}
