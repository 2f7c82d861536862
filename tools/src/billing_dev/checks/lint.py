"""All linters, side by side: each is told of once, in full where it found something."""

import argparse
import os
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from pathlib import Path

from billing_dev.checks.programs import BIN, Command, run_captured
from billing_dev.cluster.errors import ClusterError
from billing_dev.cluster.programs import compiled
from billing_dev.cluster.progress import say, step
from billing_dev.cluster.recipe_key import key_of
from billing_dev.tree import ROOT, dockerfiles, pages, shell_scripts, workflows, yaml_files

_LINTERS = Path(__file__).parent / "linters"
# Nothing is asked of the network: what others serve today is no fault of this tree.
LINKS = ("lychee", "--offline", "--include-fragments", "--no-progress", "--mode=plain")


@dataclass(frozen=True, slots=True)
class _Done:
    name: str
    seconds: float
    code: int
    printed: str


def main(words: Sequence[str]) -> int:
    """Returns 0 where none of them found anything."""
    argparse.ArgumentParser(prog="billing-dev lint", description=__doc__).parse_args(words)
    try:
        with step("lint", usually="5 to 30 s"):
            return lint()
    except ClusterError as problem:
        say(f"error: {problem}")
        return 1


def lint() -> int:
    """Runs all linters; returns 0 where none of them found anything."""
    programs = _linters()
    with ThreadPoolExecutor(os.cpu_count()) as side_by_side:
        running = [side_by_side.submit(_lint, name, of) for name, of in programs.items()]
        codes = [_told(each.result()) for each in as_completed(running)]
    # A linter that a signal ended has a code below 0.
    return int(any(codes))


def _linters() -> dict[str, Command]:
    # The longest first: the others fit beside it.
    return {
        "types": ("mypy", "operator/src", "payment/src", "tools/src", "tests"),
        "imports": ("lint-imports", "--no-logo"),
        "dead names": ("python", "-m", "billing_dev.checks.dead_names"),
        "style": ("ruff", "check", "."),
        "format": ("ruff", "format", "--check", "."),
        "yaml": ("yamllint", "--strict", *_named(yaml_files())),
        "shell": ("shellcheck", *_named(shell_scripts())),
        "dockerfiles": ("hadolint", "--no-color", *_named(dockerfiles())),
        "links": (*LINKS, *_named(pages())),
        "workflows": (_actionlint(), "-shellcheck", BIN / "shellcheck", *_named(workflows())),
    }


def _named(files: list[Path]) -> list[Path]:
    # As a person writes them, and as .yamllint does.
    return [file.relative_to(ROOT) for file in files]


def _actionlint() -> Path:
    """Returns actionlint, compiled at its first use: no index of packages has the program."""
    package = "github.com/rhysd/actionlint/cmd/actionlint"
    name = f"actionlint-{key_of(_LINTERS)}"
    what = "actionlint: it reads workflows"
    return compiled(name, [package], sources=_LINTERS, what=what, usually="30 s") / "actionlint"


def _lint(name: str, command: Command) -> _Done:
    began = time.monotonic()
    code, printed = run_captured(command)
    return _Done(name, time.monotonic() - began, code, printed)


def _told(done: _Done) -> int:
    """Says how one linter ended, in full where it found something; returns its exit code."""
    verdict = "found something:" if done.code else "ok"
    say(f"    {done.name:<12} {done.seconds:4.1f} s  {verdict}")
    if done.code:
        say(done.printed.rstrip())
    return done.code
