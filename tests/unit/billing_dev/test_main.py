"""The one program of this project's developers: it finds each command, and helps without acting."""

import subprocess
import sys
from pathlib import Path

import pytest

from billing_dev.__main__ import COMMANDS, main

OF_CLUSTER = ("up", "down", "status", "kubectl", "kubeconfig", "load", "base", "stop-engine")
OF_BENCH = ("payment", "payment-features", "operator")
ASKED = [
    *((name,) for name in COMMANDS),
    *(("cluster", name) for name in OF_CLUSTER),
    *(("bench", name) for name in OF_BENCH),
]


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the commands keep everything; no program of the machine's is found."""
    monkeypatch.setenv("BILLING_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("LOCAL_FOLDER", str(tmp_path / "local"))
    monkeypatch.delenv("BILLING_CLUSTER_PREFIX", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))
    return tmp_path


@pytest.mark.parametrize("words", ASKED, ids=lambda words: f"{' '.join(words)} is explained")
def test_help_says_what_a_command_does_and_does_nothing(
    words: tuple[str, ...], cache: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        main([*words, "--help"])

    said = capsys.readouterr()
    assert ended.value.code == 0
    assert said.out.startswith("usage: billing-dev ")
    assert words[-1] in said.out
    assert "\x1b" not in said.out
    assert said.err == ""
    assert list(cache.iterdir()) == []


@pytest.mark.parametrize("name", [name for name in COMMANDS if name != "kubectl"])
def test_a_word_too_many_is_refused(
    name: str, cache: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        main([name, "--no-such-option"])

    assert ended.value.code == 2
    assert f"billing-dev {name}" in capsys.readouterr().err
    assert list(cache.iterdir()) == []


def test_the_list_of_commands_has_all_of_them(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["--help"])

    said = capsys.readouterr().out
    assert ended.value.code == 0
    assert all(
        f"    {name} " in said and command.text in said for name, command in COMMANDS.items()
    )


@pytest.mark.parametrize(
    "words",
    [[], ["bring-up"], ["bench"], ["bench", "lunch"], ["cluster"]],
    ids=lambda words: " ".join(words) or "no word at all",
)
def test_what_is_no_command_is_refused(
    words: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        main(words)

    assert ended.value.code == 2
    assert capsys.readouterr().err.startswith("usage: billing-dev")


def test_to_find_a_command_loads_no_other() -> None:
    program = (
        "import sys; from billing_dev.__main__ import parser; parser();"
        "print([name for name in sys.modules if name.startswith(('billing_dev.', 'billing_op'))])"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )

    assert done.stdout == "['billing_dev.__main__']\n"


def test_kubectl_goes_to_a_cluster_or_says_how_to_make_it(
    cache: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["kubectl", "demo", "--", "get", "pods"]) == 1

    said = capsys.readouterr().err
    assert "billing-demo is not there; `.venv/bin/billing-dev cluster up demo` makes it" in said
    assert list(cache.iterdir()) == []


def test_kubectl_is_given_the_words_and_the_kubeconfig(cache: Path) -> None:
    home = cache / "cache/clusters/billing-test"
    home.mkdir(parents=True)
    (home / "kubectl").write_text('#!/bin/sh\necho "$@"\n')
    (home / "kubectl").chmod(0o755)
    words = ["-m", "billing_dev", "kubectl", "test", "--", "get", "pods", "--", "-A"]
    done = subprocess.run([sys.executable, *words], capture_output=True, text=True, check=True)

    leads = f"--kubeconfig={home / 'kubeconfig'} --context=kind-billing-test"
    assert done.stdout == f"{leads} get pods -- -A\n"


def test_the_path_of_a_kubeconfig_is_all_that_stdout_gets(
    cache: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    home = cache / "cache/clusters/billing-test"
    assert main(["cluster", "kubeconfig", "test"]) == 0
    before = capsys.readouterr()
    home.mkdir(parents=True)
    (home / "kubeconfig").touch()
    assert main(["cluster", "kubeconfig", "test"]) == 0

    after = capsys.readouterr()
    assert before.out == after.out == f"{home / 'kubeconfig'}\n"
    assert "is not there" in before.err
    assert after.err == ""
