"""The files of this tree as git knows them: tracked ones and new ones."""

import subprocess
from pathlib import Path

ROOT = Path(__file__).parents[3]


def files() -> list[Path]:
    """All files but those that git ignores."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        check=True,
        text=True,
    )
    files = sorted({ROOT / name for name in listed.stdout.split("\0") if name})
    # What a link leads to is among them anyhow.
    return [file for file in files if file.is_file() and not file.is_symlink()]


def shell_scripts() -> list[Path]:
    """What a shell runs: by its name, or by its first line."""
    return [file for file in files() if file.suffix == ".sh" or _speaks_shell(file)]


def dockerfiles() -> list[Path]:
    """What an image is built from."""
    return [file for file in files() if "Dockerfile" in file.name.split(".")]


def yaml_files() -> list[Path]:
    """What is written in YAML."""
    return [file for file in files() if file.suffix in (".yaml", ".yml")]


def pages() -> list[Path]:
    """What is written in Markdown."""
    return [file for file in files() if file.suffix == ".md"]


def workflows() -> list[Path]:
    """What GitHub runs."""
    return [file for file in files() if file.parent == ROOT / ".github/workflows"]


def _speaks_shell(file: Path) -> bool:
    with file.open("rb") as opened:
        first = opened.readline()
    return first.startswith(b"#!") and first.split()[-1].endswith(b"sh")
