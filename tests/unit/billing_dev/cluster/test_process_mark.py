import os
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from billing_dev.cluster.process_mark import ProcessMark, after_the_name


@pytest.fixture
def sleeper() -> Iterator["subprocess.Popen[bytes]"]:
    with subprocess.Popen(["sleep", "60"]) as process:
        yield process
        process.kill()


def mark_of(process: "subprocess.Popen[bytes]") -> ProcessMark:
    mark = ProcessMark.of(process.pid)
    assert mark
    return mark


def test_a_mark_survives_being_written(tmp_path: Path) -> None:
    mark = ProcessMark.of(os.getpid())
    assert mark
    mark.write(tmp_path / "mark")
    assert ProcessMark.read(tmp_path / "mark") == mark
    assert mark.alive()


@pytest.mark.parametrize(
    "other",
    [{"started": 1}, {"boot": "another"}],
    ids=["it began at another time", "the machine has booted since"],
)
def test_a_pid_that_went_to_another_process_is_not_ours(
    other: dict[str, str | int], sleeper: "subprocess.Popen[bytes]"
) -> None:
    stranger = replace(mark_of(sleeper), **other)  # type: ignore[arg-type]
    assert not stranger.alive()
    stranger.end(patience=0.1)
    assert sleeper.poll() is None, "a process that is not ours was ended"


def test_a_stopped_process_is_ended_too() -> None:
    # A shell that ignores the polite signal stands for a program that hangs.
    with subprocess.Popen(["sh", "-c", "trap '' TERM; echo; while :; do sleep 1; done"]) as hung:
        mark = mark_of(hung)
        mark.end(patience=0.3)
        assert not mark.alive()


@pytest.mark.parametrize("text", ["", "{}", "12", '{"pid": 1}', "no json"])
def test_a_mark_that_makes_no_sense_is_none(text: str, tmp_path: Path) -> None:
    (tmp_path / "mark").write_text(text)
    assert ProcessMark.read(tmp_path / "mark") is None


def test_a_mark_that_was_never_written_is_none(tmp_path: Path) -> None:
    assert ProcessMark.read(tmp_path / "mark") is None


def test_a_name_with_brackets_does_not_shift_the_fields() -> None:
    assert after_the_name("42 (a) b (c)) S 1 2") == ["S", "1", "2"]
