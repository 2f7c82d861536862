"""How the commands of a page are taken apart and run."""

from pathlib import Path

import pytest

from support.documents.commands import commands
from support.documents.session import Session

AT_ONCE = 20.0


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("a\nb  # why\n", ["a", "b  # why"], id="a line each"),
        pytest.param("# why\n\na\n", ["a"], id="comments and empty lines are none"),
        pytest.param("a \\\n  b\nc\n", ["a \\\n  b", "c"], id="a line that goes on"),
        pytest.param("a |\n  b\nc\n", ["a |\n  b", "c"], id="a pipe that goes on"),
        pytest.param("a '{\n# b\n}'\nc\n", ["a '{\n# b\n}'", "c"], id="quotes over three lines"),
        pytest.param("a <<E\nb\n\nE\nc\n", ["a <<E\nb\n\nE", "c"], id="a document within"),
        pytest.param("for a in b; do\n  c\ndone\n", ["for a in b; do\n  c\ndone"], id="a loop"),
        pytest.param("a '\n", ["a '"], id="what has no end is left to bash"),
    ],
)
def test_a_block_is_taken_apart_as_bash_does(text: str, expected: list[str]) -> None:
    assert list(commands(text)) == expected


def a_session(folder: Path) -> Session:
    return Session(folder, {"PATH": "/usr/bin:/bin", "HOME": str(folder)}, folder / "printed")


def test_what_a_command_sets_the_next_one_sees(tmp_path: Path) -> None:
    with a_session(tmp_path) as session:
        first = session.run("NAME=demo; export OTHER=x", within=AT_ONCE)
        second = session.run("echo \"$NAME\"; sh -c 'echo $OTHER >&2'", within=AT_ONCE)

    assert (first.code, first.printed) == (0, "")
    assert (second.code, second.printed) == (0, "demo\nx\n")


@pytest.mark.parametrize(
    "command",
    [
        pytest.param("false", id="a command that fails"),
        pytest.param("false | cat", id="the first of two in a pipe"),
        pytest.param("! true", id="one that was to fail and did not"),
        pytest.param("echo $NOT_SET", id="a variable that nobody has set"),
        pytest.param("exit 3", id="one that ends the shell"),
    ],
)
def test_a_command_that_ends_badly_is_told(command: str, tmp_path: Path) -> None:
    with a_session(tmp_path) as session:
        assert session.run(command, within=AT_ONCE).code not in (0, None)


@pytest.mark.parametrize(
    "command",
    [
        pytest.param("false || test $? = 1", id="a failure that is expected"),
        pytest.param("! false", id="one that was to fail"),
    ],
)
def test_a_command_that_fails_as_it_should_ends_well(command: str, tmp_path: Path) -> None:
    with a_session(tmp_path) as session:
        assert session.run(command, within=AT_ONCE).code == 0


def test_a_command_that_lasts_is_given_up_and_ended(tmp_path: Path) -> None:
    with a_session(tmp_path) as session:
        done = session.run("echo begun; sleep 1000", within=0.5)

    assert (done.code, done.printed) == (None, "begun\n")


def test_a_command_reads_nothing_that_is_meant_for_the_shell(tmp_path: Path) -> None:
    with a_session(tmp_path) as session:
        assert session.run("cat", within=AT_ONCE).code == 0


def test_a_background_job_is_ended_with_the_session(tmp_path: Path) -> None:
    with a_session(tmp_path) as session:
        session.run("sleep 1000 & echo $!", within=AT_ONCE)
        job = int(session.printed())
        assert Path(f"/proc/{job}").exists()

    assert not Path(f"/proc/{job}").exists()
