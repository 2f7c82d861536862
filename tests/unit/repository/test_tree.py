"""What the tree as a whole must not contain."""

import re
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
