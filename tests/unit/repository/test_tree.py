"""What the tree as a whole must not contain."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import yaml

from billing_dev.render.samples import GOLDEN, SAMPLES
from billing_dev.tree import ROOT, dockerfiles, files, shell_scripts, workflows, yaml_files

# Folders of one machine: a path that begins with one works nowhere else.
_MACHINE = re.compile(rb"(?<![\w.$})])/(?:work|root|home/\w+|Users/\w+)/")


def test_no_file_speaks_of_one_machine() -> None:
    found = [
        str(file.relative_to(ROOT))
        for file in files()
        if _MACHINE.search(file.read_bytes()) and file != Path(__file__)
    ]

    assert found == []


def test_paths_of_a_machine_are_told_from_others() -> None:
    assert _MACHINE.search(b"cd /work/" + b"main")
    assert _MACHINE.search(b'"/root/' + b'.cache"')
    assert not _MACHINE.search(b"GET /rest/v1/network/policies, a/work/b, ${HOME}/work/")


def test_a_folder_with_a_projects_name_holds_no_module() -> None:
    # A module there would hide the standard library's operator from everything.
    for folder in ("operator", "payment", "tools"):
        assert list((ROOT / folder).glob("*.py")) == []


def test_no_program_imports_a_test() -> None:
    of_tests = {path.stem for path in (ROOT / "tests").iterdir()}
    found = [
        f"{file.relative_to(ROOT)}: {module}"
        for folder in ("operator/src", "payment/src", "tools/src")
        for file in sorted((ROOT / folder).rglob("*.py"))
        for module in imported(file)
        if module.partition(".")[0] in of_tests
    ]

    assert found == []


def test_what_one_test_alone_uses_stands_beside_it() -> None:
    tests = ROOT / "tests"
    users: dict[str, set[Path]] = {}
    for file in sorted(tests.rglob("*.py")):
        for module in imported(file):
            users.setdefault(module, set()).add(file)
    alone = [
        module
        for file in sorted((tests / "support").rglob("*.py"))
        if (module := ".".join(file.relative_to(tests).with_suffix("").parts))
        # What only another part of the same folder uses stands beside that.
        and len(by := users.get(module, set())) < 2
        and file.parent not in {user.parent for user in by}
    ]

    assert alone == []


def imported(file: Path) -> Iterator[str]:
    """Modules that are imported, and what may be one: a name out of a package."""
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Import):
            yield from (name.name for name in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{name.name}" for name in node.names)


def test_every_sample_is_rendered_and_nothing_else() -> None:
    assert {file.name for file in GOLDEN.iterdir()} == {sample.name for sample in SAMPLES}


def test_every_manifest_is_readable_yaml() -> None:
    for file in yaml_files():
        list(yaml.safe_load_all(file.read_text()))


def test_the_version_of_uv_is_written_once() -> None:
    writing = [file.name for file in files() if b"UV_VERSION :=" in file.read_bytes()]

    assert [name for name in writing if name != Path(__file__).name] == ["Makefile"]


def test_nothing_that_a_linter_reads_is_overlooked() -> None:
    assert {file.name for file in shell_scripts()} >= {"run", "prepare-node.sh"}
    assert {file.name for file in dockerfiles()} >= {
        "Dockerfile",
        "Dockerfile.shell",
        "node.Dockerfile",
    }
    assert {file.name for file in workflows()} >= {"ci.yml"}
