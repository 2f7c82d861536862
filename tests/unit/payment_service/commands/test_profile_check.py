"""`payment-service profile check`: all mistakes of a profile, before anybody serves by it."""

import os
from pathlib import Path

import pytest

from support.cases import cases
from support.payment.logged import Commands


@pytest.fixture
def commands(capsys: pytest.CaptureFixture[str]) -> Commands:
    return Commands(capsys)


@pytest.mark.parametrize(
    ("name", "text"),
    cases(
        "the file is {0}",
        [("profile.json", '{"successRate": 0.5}'), ("profile.toml", "successRate = 0.5")],
    ),
)
def test_a_good_profile_is_called_good(
    tmp_path: Path, commands: Commands, name: str, text: str
) -> None:
    (tmp_path / name).write_text(text)

    assert commands.run("profile", "check", str(tmp_path / name)) == 0
    assert commands.out == f"{tmp_path / name}: a good profile\n"


def test_every_mistake_is_told_on_a_line_of_its_own(tmp_path: Path, commands: Commands) -> None:
    path = tmp_path / "profile.json"
    path.write_text('{"successRate": 2, "seed": -1, "raet": 0}')

    assert commands.run("profile", "check", str(path)) == 1
    lines = commands.err.splitlines()
    assert len(lines) == 3
    assert all(line.startswith(f"{path}: ") for line in lines)


def test_a_file_that_is_not_there_is_no_bad_profile(tmp_path: Path, commands: Commands) -> None:
    assert commands.run("profile", "check", str(tmp_path / "gone")) == 2


def test_what_is_no_file_is_refused_and_not_waited_for(tmp_path: Path, commands: Commands) -> None:
    path = tmp_path / "profile.json"
    os.mkfifo(path)

    assert commands.run("profile", "check", str(path)) == 2
    assert commands.err == f"payment-service:\n  {path}: is not a plain file\n"


def test_profile_alone_says_what_there_is(commands: Commands) -> None:
    with pytest.raises(SystemExit) as ended:
        commands.run("profile")

    assert ended.value.code == 2
