"""All that is looked at without a cluster: `make check` runs it, and `make test` begins with it.

It ends with the unit tests; with `lint` behind it, it leaves them out.
"""

import os
import subprocess
import sys
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from pathlib import Path

from billing_dev.cluster.errors import ClusterError
from billing_dev.cluster.programs import compiled
from billing_dev.cluster.progress import say, step
from billing_dev.cluster.recipe_key import key_of
from billing_dev.tree import ROOT, dockerfiles, shell_scripts, workflows, yaml_files

_BIN = Path(sys.executable).parent
_LINTERS = Path(__file__).parent / "linters"
_UNIT_TESTS = ("pytest", "-q", "-n", "auto", "tests/unit")

Command = Sequence[str | Path]


@dataclass(frozen=True, slots=True)
class _Done:
    name: str
    seconds: float
    code: int
    printed: str


def lint() -> int:
    """Runs all linters, side by side; returns 0 where none of them found anything."""
    programs = _linters()
    with ThreadPoolExecutor(os.cpu_count()) as side_by_side:
        running = [side_by_side.submit(_lint, name, of) for name, of in programs.items()]
        codes = [_told(each.result()) for each in as_completed(running)]
    # A linter that a signal ended has a code below 0.
    return int(any(codes))


def run(command: Command) -> int:
    """Runs one of the environment's programs in the open; returns its exit code."""
    program, *arguments = command
    return subprocess.run([_BIN / program, *arguments], cwd=ROOT, check=False).returncode


def run_aside(command: Command) -> tuple[int, str]:
    """The same when nothing else waits for a CPU, unseen; returns what it printed as well."""
    program, *arguments = command
    done = subprocess.run(
        ["nice", "-n", "10", _BIN / program, *arguments],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    return done.returncode, done.stdout


def _linters() -> dict[str, Command]:
    # The longest first: the others fit beside it.
    return {
        "types": ("mypy", "operator/src", "payment/src", "tools/src", "tests"),
        "imports": ("lint-imports",),
        "style": ("ruff", "check", "."),
        "format": ("ruff", "format", "--check", "."),
        "yaml": ("yamllint", "--strict", *_named(yaml_files())),
        "shell": ("shellcheck", *_named(shell_scripts())),
        "dockerfiles": ("hadolint", "--no-color", *_named(dockerfiles())),
        "workflows": (_actionlint(), "-shellcheck", _BIN / "shellcheck", *_named(workflows())),
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
    program, *arguments = command
    began = time.monotonic()
    done = subprocess.run(
        [_BIN / program, *arguments],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    return _Done(name, time.monotonic() - began, done.returncode, done.stdout)


def _told(done: _Done) -> int:
    """Says how one linter ended, in full where it found something; returns its exit code."""
    verdict = "found something:" if done.code else "ok"
    say(f"    {done.name:<12} {done.seconds:4.1f} s  {verdict}")
    if done.code:
        say(done.printed.rstrip())
    return done.code


def main(words: Sequence[str]) -> int:
    """Runs the linters, and the unit tests unless only the former were asked for."""
    try:
        with step("lint", usually="5 to 30 s"):
            code = lint()
    except ClusterError as problem:
        say(f"error: {problem}")
        return 1
    return code or (0 if list(words) == ["lint"] else run(_UNIT_TESTS))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
