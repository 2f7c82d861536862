"""Starting the process, and not starting it."""

import subprocess
import sys
from pathlib import Path

import pytest

from payment_service import __version__
from support.payment.service import TOKEN, ServiceProcess


def start(*arguments: str, **env: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "payment_service", *arguments]
    return subprocess.run(command, env=env, capture_output=True, text=True, timeout=20, check=False)


def test_the_version_is_told() -> None:
    assert start("--version").stdout == f"{__version__}\n"


def test_a_word_that_it_does_not_know_is_refused_with_its_usage() -> None:
    result = start("--versoin")

    assert result.returncode == 2
    assert "usage: payment-service" in result.stderr


def test_all_bad_settings_are_told_at_once() -> None:
    result = start(PAYMENT_PORT="x", PAYMENT_THREADS="0")

    assert result.returncode == 2
    assert "PAYMENT_PORT: 'x'" in result.stderr
    assert "PAYMENT_THREADS: '0'" in result.stderr
    assert "Traceback" not in result.stderr


@pytest.mark.parametrize(
    ("token", "reason"),
    [(None, "no such file"), ("", "is empty"), (f"{TOKEN}\n", "ends with a line break")],
)
def test_without_a_usable_token_it_does_not_start(
    tmp_path: Path, token: str | None, reason: str
) -> None:
    path = tmp_path / "token"
    if token is not None:
        path.write_text(token)

    result = start(PAYMENT_TOKEN_FILE=str(path))

    assert result.returncode == 2
    assert reason in result.stderr
    assert TOKEN not in result.stderr


def test_what_is_wrong_with_all_files_is_told_at_once(tmp_path: Path) -> None:
    (tmp_path / "profile.json").write_text('{"successRate": 2, "seed": -1}')

    result = start(
        PAYMENT_TOKEN_FILE=str(tmp_path / "token"),
        PAYMENT_PROFILE_FILE=str(tmp_path / "profile.json"),
    )

    assert result.returncode == 2
    assert [name in result.stderr for name in ("token", "successRate", "seed")] == [True] * 3


def closed(numbers: str, **env: str) -> subprocess.CompletedProcess[str]:
    """Starts it as a shell does with such redirections."""
    command = ["sh", "-c", f'exec "$0" -m payment_service {numbers}', sys.executable]
    return subprocess.run(command, env=env, capture_output=True, text=True, timeout=20, check=False)


def test_without_a_standard_output_it_does_not_start() -> None:
    result = closed(">&-", PAYMENT_REQUIRE_TOKEN="false")

    assert result.returncode == 2
    assert "standard output: is closed" in result.stderr
    assert "Traceback" not in result.stderr


def test_without_a_standard_error_no_connection_takes_its_place(tmp_path: Path) -> None:
    with ServiceProcess(tmp_path, ["sh", "-c", 'exec "$@" 2>&- <&-', "sh"]) as service:
        files = [Path(f"/proc/{service.pid}/fd/{number}").readlink() for number in (0, 2)]

    assert files == [Path("/dev/null")] * 2


def test_a_profile_whose_file_was_named_must_be_there(tmp_path: Path) -> None:
    path = str(tmp_path / "profile.json")

    result = start(PAYMENT_REQUIRE_TOKEN="false", PAYMENT_PROFILE_FILE=path)

    assert result.returncode == 2
    assert f"{path}: no such file" in result.stderr
