"""Every command that is printed: by make, by the pages, or by a program."""

import ast
import os
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from billing_dev.__main__ import COMMANDS
from billing_dev.tree import ROOT, files
from support.documents.pages import blocks, in_code, pages
from support.documents.pages import name as page_name

MAKEFILE = ROOT / "Makefile"
TARGET = re.compile(r"^([a-z0-9-]+):.*?## +(.+)$", re.MULTILINE)
_PROGRAMS = ("operator/src", "payment/src", "tools/src")
_PAGES = (".md", ".yml", ".yaml")
# What nobody has to type: each has a target of make or a command of billing-dev.
_TYPED_BY_NOBODY = re.compile(
    r"PYTHONPATH=|python3? -m (?:billing_dev|cluster|demo|local|shipping|bench|support|antaeus)\b"
)
_OF_MAKE = re.compile(r"(?:^|[\s(;&])make (?:-\w+ )*([a-z][a-z0-9-]*)", re.MULTILINE)
_COMMENT = re.compile(r"(?m)(^|\s)#.*$")
_OUR_PROGRAM = re.compile(r"(?:\bbilling-dev|\$\(DEV\)) ([a-z][a-z-]*)\b")

_PAGES_TEST = "tests/documents/test_pages.py"
_SHIPPING = "tests/fresh_cluster/test_shipping.py"
_REMOVAL = "test_nothing_is_removed_while_there_are_stacks_unless_they_are_given_up"
# Targets that pages name in blocks which cannot be run as printed, each with the test that runs it,
# or the fixture.
RUN_BY = {
    "demo": f"{_PAGES_TEST}::test_a_page_can_be_followed_as_printed",
    "kubeconfig": f"{_PAGES_TEST}::test_a_page_can_be_followed_as_printed",
    "local": f"{_PAGES_TEST}::test_the_page_of_make_local_can_be_followed_beside_it",
    "down": f"{_SHIPPING}::coming",
    "push": f"{_SHIPPING}::test_a_push_writes_down_what_the_registry_has",
    "verify": f"{_SHIPPING}::test_a_verification_keeps_nothing_and_says_what_it_could_not_try",
    "deploy": f"{_SHIPPING}::test_what_is_deployed_is_what_was_pushed",
    "smoke": f"{_SHIPPING}::test_a_smoke_test_says_that_it_pays_and_pays",
    "undeploy": f"{_SHIPPING}::{_REMOVAL}",
}


def make(*words: str, **variables: str) -> str:
    """What make prints when a person runs it, not as a part of the make that runs the tests."""
    ours = {k: v for k, v in os.environ.items() if not k.startswith(("MAKE", "MFLAGS"))}
    done = subprocess.run(
        ["make", *words], cwd=ROOT, env=ours | variables, capture_output=True, text=True, check=True
    )
    return done.stdout


def printed() -> Iterator[tuple[str, str]]:
    """Texts that people read, each with the name of the file that it comes from."""
    for file in files():
        name = str(file.relative_to(ROOT))
        if file.suffix in _PAGES or file.name in ("Makefile", "run"):
            yield name, file.read_text()
        elif file.suffix == ".py" and name.startswith(_PROGRAMS):
            yield name, "\n".join(strings(file))


def strings(file: Path) -> Iterator[str]:
    """What a module may print: its texts, docstrings included, since help prints some."""
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value


def test_nobody_has_to_say_where_our_modules_are() -> None:
    found = [
        f"{name}: {match[0]}"
        for name, text in printed()
        for match in _TYPED_BY_NOBODY.finditer(text)
    ]

    assert found == []


def test_a_path_that_somebody_would_have_to_type_is_found() -> None:
    assert _TYPED_BY_NOBODY.search("export PYTHONPATH" + "=tests")
    assert _TYPED_BY_NOBODY.search("python3 -m cluster" + " up test")
    assert not _TYPED_BY_NOBODY.search("python -m billing_operator")


def test_every_command_of_ours_that_is_printed_is_there() -> None:
    found = {
        f"{name}: billing-dev {match[1]}"
        for name, text in printed()
        for match in _OUR_PROGRAM.finditer(text)
        if match[1] not in COMMANDS
    }

    assert found == set()
    assert {match[1] for match in _OUR_PROGRAM.finditer(MAKEFILE.read_text())} >= {"demo", "test"}


@pytest.mark.parametrize("page", pages(), ids=page_name)
def test_every_target_of_make_that_a_page_names_is_there(page: Path) -> None:
    there = {target for target, _ in TARGET.findall(MAKEFILE.read_text())}

    assert named_targets(page) - there == set()


def test_targets_of_make_are_found_in_code_alone(tmp_path: Path) -> None:
    page = tmp_path / "a.md"
    page.write_text(
        "Run `make one`, or `A=1 make -s two B=3`, and make three.\n\n"
        "```sh\nmake four && make five  # and make six\nexport K=$(make -s seven)\n```\n"
    )

    assert named_targets(page) == {"one", "two", "four", "five", "seven"}


def test_every_target_of_a_block_that_is_not_run_as_printed_is_run_by_some_test() -> None:
    named = {
        target
        for page in pages()
        for block in blocks(page, "sh")
        if block.info == "sh no-run"
        for target in _OF_MAKE.findall(_COMMENT.sub("", block.text))
    }

    # Which runs the tests, so none of them runs it.
    assert named - {"test"} - set(RUN_BY) == set()
    for test in RUN_BY.values():
        file, _, function = test.partition("::")
        assert f"\ndef {function}(" in (ROOT / file).read_text(), test


def named_targets(page: Path) -> set[str]:
    """The targets of make in its blocks, and within its sentences."""
    code = [_COMMENT.sub("", block.text) for block in blocks(page, "sh")]
    return {target for text in [*code, *in_code(page)] for target in _OF_MAKE.findall(text)}


def test_help_lists_every_target_and_glues_none_to_its_text() -> None:
    listed = make("help")

    targets = TARGET.findall(MAKEFILE.read_text())
    assert len(targets) > 20
    for name, text in targets:
        assert re.search(rf"^  {name}  +{re.escape(text)}$", listed, re.MULTILINE), name


def test_help_sends_no_colours_into_a_pipe() -> None:
    assert "\x1b" not in make("help", TERM="xterm-256color")


@pytest.mark.parametrize(
    ("words", "cluster"),
    [((), "demo"), (("CLUSTER=test",), "test")],
    ids=["the demo's where none is named", "the one that is named"],
)
def test_make_prints_the_path_of_a_kubeconfig_and_nothing_else(
    words: tuple[str, ...], cluster: str, tmp_path: Path
) -> None:
    said = make("-s", "kubeconfig", *words, BILLING_CACHE=str(tmp_path), BILLING_CLUSTER_PREFIX="b")

    assert said == f"{tmp_path}/clusters/b-{cluster}/kubeconfig\n"
