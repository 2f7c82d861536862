import os
import subprocess
import sys
from pathlib import Path

import pytest

import case_names
from case_names import as_written

NUMBERED = """
import pytest

@pytest.mark.parametrize(("spec", "count"), [({"replicas": 2}, 2), ({}, 0)])
def test_by_number(spec, count): pass
"""
IN_A_CLASS = """
import pytest

class TestAll:
    @pytest.mark.parametrize("known", [[1], [2]])
    def test_in_a_class(self, known): pass
"""
NAMED = """
import pytest

@pytest.mark.parametrize("spec", [{"replicas": 2}, {}], ids=["two", "none"])
def test_by_ids(spec): pass

@pytest.mark.parametrize(("text", "number", "kind"), [("text0", 1, int), ("b", None, str)])
def test_by_values(text, number, kind): pass
"""


def collected(root: Path, name: str, text: str) -> str:
    """What pytest says of a module of a tree of its own."""
    file = root / name
    file.parent.mkdir(parents=True)
    file.write_text(text)
    (root / "pytest.ini").write_text("[pytest]")
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "case_names", "--collect-only", "-q", file],
        env={
            **os.environ,
            "PYTHONPATH": str(Path(case_names.__file__).parent),
            "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
        },
        cwd=root,
        capture_output=True,
        text=True,
        check=False,
    )
    return done.stdout


@pytest.mark.parametrize(
    ("text", "first"),
    [(NUMBERED, "test_by_number[spec0-2]"), (IN_A_CLASS, "test_in_a_class[known0]")],
    ids=["of a module", "of a class"],
)
def test_cases_that_are_named_by_a_number_are_told(text: str, first: str, tmp_path: Path) -> None:
    said = collected(tmp_path, "tests/integration/test_it.py", text)

    assert f"give these cases ids that say what they are:\n  {first}" in said
    assert "no tests collected, 1 error" in said


def test_cases_whose_ids_say_what_they_are_run(tmp_path: Path) -> None:
    said = collected(tmp_path, "tests/integration/test_it.py", NAMED)

    assert "test_by_ids[two]" in said
    assert "test_by_values[text0-1-int]" in said
    assert "4 tests collected" in said


def test_folders_that_are_not_listed_yet_may_have_numbers(tmp_path: Path) -> None:
    assert "2 tests collected" in collected(tmp_path, "tests/unit/other/test_it.py", NUMBERED)


def test_every_folder_that_is_listed_is_there() -> None:
    root = Path(case_names.__file__).parents[1]

    assert [folder for folder in case_names.NAMED if not (root / folder).is_dir()] == []


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ({"payment": {"seed": 1}}, "{payment: {seed: 1}}"),
        (["spec.seed", "whole"], "spec.seed, whole"),
        ([], "none"),
        ("yes", "yes"),
        (1.5, "1.5"),
        ("long " * 40, "long " * 17 + "lo..."),
    ],
    ids=["a document", "words", "no words", "a word", "a number", "a text without end"],
)
def test_a_value_is_written_as_a_person_would(value: object, text: str) -> None:
    assert as_written(value) == text
