import fcntl
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from billing_dev.cluster import progress
from billing_dev.cluster.errors import ClusterError
from billing_dev.cluster.paths import cache


@pytest.fixture(autouse=True)
def own_cache(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("BILLING_CACHE", str(tmp_path / "cache"))


def test_a_step_says_what_it_is_and_how_long_it_takes(capsys: pytest.CaptureFixture[str]) -> None:
    with progress.step("compile kind", usually="1 min"):
        pass
    shown = capsys.readouterr()
    assert shown.err.startswith("==> compile kind (usually 1 min)\n    done in ")
    assert shown.out == "", "stdout belongs to the answers"


@pytest.mark.parametrize(
    ("usually", "seconds"),
    [
        ("30 s", 30),
        ("5 to 80 s", 80),
        ("5 to 11 min", 660),
        ("1 s, 20 s at first", 20),
        ("5 s each", None),
        ("a few ms for each invoice", None),
    ],
    ids=[
        "a number",
        "a range",
        "a range of minutes",
        "two cases, of which the longer",
        "a share, of nobody knows how many",
        "no number",
    ],
)
def test_how_long_a_step_takes_at_most_is_read_from_its_text(
    usually: str, seconds: float | None
) -> None:
    assert progress.longest_usual(usually) == seconds


def test_a_sign_of_life_says_how_far_a_step_is_and_when_it_takes_longer_than_usual() -> None:
    def sign(seconds: float) -> str:
        return progress.sign_of_life("compile kind", "1 to 2 min", seconds, "8 of 9 packages")

    assert sign(120) == "    ... compile kind: 120 s so far, 8 of 9 packages"
    assert sign(150) == (
        "    ... compile kind: 150 s so far, longer than the usual 1 to 2 min, 8 of 9 packages"
    )
    assert progress.sign_of_life("wait", "5 s", 4.6) == "    ... wait: 5 s so far"


def test_a_step_that_goes_on_shows_how_far_it_is_by_then(
    capsys: pytest.CaptureFixture[str],
) -> None:
    asked_for = threading.Event()

    class Far:
        def __str__(self) -> str:
            asked_for.set()
            return "half of it"

    with progress.step("compile kind", usually="1 min", detail=Far(), every=0.01):
        assert asked_for.wait(10)

    assert "compile kind: 0 s so far, half of it\n" in capsys.readouterr().err


def test_what_others_have_answered_is_nothing_but_text(capsys: pytest.CaptureFixture[str]) -> None:
    progress.say("error: \x1b[31mred\x9b\u202e\n\tprintf '%s\\n'")

    assert capsys.readouterr().err == "error: \\x1b[31mred\\x9b\\u202e\n\tprintf '%s\\n'\n"


def test_a_failed_step_is_not_done(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(ClusterError), progress.step("compile", usually="1 min"):
        raise ClusterError
    assert "done" not in capsys.readouterr().err


def test_a_failed_command_shows_the_end_of_its_log_and_where_it_is() -> None:
    talkative = "for n in $(seq 100); do echo line $n; done; exit 3"
    with pytest.raises(ClusterError) as failure:
        progress.run_logged(["sh", "-c", talkative], log="talk")
    words = str(failure.value)
    assert "sh failed with exit code 3" in words
    assert "| line 100" in words
    assert "| line 10\n" not in words
    assert str(cache() / "logs" / "talk.log") in words


def test_a_second_run_waits_and_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    entered = threading.Event()

    def second() -> None:
        with progress.one_at_a_time():
            entered.set()

    with progress.one_at_a_time():
        waiting = threading.Thread(target=second)
        waiting.start()
        assert not entered.wait(0.2)
    waiting.join(timeout=5)
    assert entered.is_set()
    assert "is at work; waiting" in capsys.readouterr().err


def test_a_process_that_is_started_does_not_keep_the_lock() -> None:
    with progress.one_at_a_time():
        child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
    with (cache() / "lock").open() as lock:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    child.kill()
    child.wait()
