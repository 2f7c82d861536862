"""Programs out of Debian's packages."""

from pathlib import Path

import pytest

from billing_dev.cluster.debian_program import DebianProgram, added
from billing_dev.cluster.errors import ClusterError

PROGRAM = DebianProgram("redis-server", package="redis-server", purpose="tests need it")


@pytest.fixture(autouse=True)
def empty_machine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", str(folder))
    monkeypatch.setenv("BILLING_CACHE", str(tmp_path / "cache"))
    return folder


def test_off_debian_a_missing_program_is_named_with_what_helps() -> None:
    with pytest.raises(ClusterError, match=r"(?s)no redis-server here.*Install redis-server"):
        PROGRAM.command()


def test_a_program_that_the_machine_has_is_taken(empty_machine: Path) -> None:
    own = empty_machine / "redis-server"
    own.write_text("#!/bin/sh\n")
    own.chmod(0o755)

    assert PROGRAM.command() == (str(own),)


def test_libraries_in_folders_of_their_own_are_found_too(tmp_path: Path) -> None:
    libraries = tmp_path / "cache/programs/debian-redis-server/usr/lib/x86_64-linux-gnu"
    (libraries / "pulseaudio").mkdir(parents=True)
    (libraries / "pulseaudio/libpulsecommon-16.1.so").touch()
    (libraries / "locale").mkdir()

    assert PROGRAM.command()[1] == f"LD_LIBRARY_PATH={libraries}:{libraries}/pulseaudio"


def test_what_was_fetched_before_runs_with_its_own_libraries(tmp_path: Path) -> None:
    folder = tmp_path / "cache/programs/debian-redis-server"
    (folder / "usr/lib/x86_64-linux-gnu").mkdir(parents=True)

    assert PROGRAM.command() == (
        "env",
        f"LD_LIBRARY_PATH={folder}/usr/lib/x86_64-linux-gnu",
        f"{folder}/usr/bin/redis-server",
    )


def test_only_what_would_be_installed_is_fetched_also_where_it_is_an_upgrade() -> None:
    simulated = (
        "The following NEW packages will be installed:\n"
        "Inst liblzf1 (3.6-3 Debian:12.15/oldstable [amd64])\n"
        "Inst redis-tools [5:7.0.14-1] (5:7.0.15-1~deb12u10 Debian-Security:12 [amd64])\n"
        "Conf liblzf1 (3.6-3 Debian:12.15/oldstable [amd64])\n"
    )

    assert added(simulated) == ["liblzf1=3.6-3", "redis-tools=5:7.0.15-1~deb12u10"]
