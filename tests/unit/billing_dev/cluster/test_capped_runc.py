import json
import os
from pathlib import Path
from typing import Any

import pytest

from billing_dev.cluster import capped_runc

ALL_BUT_SYS_RESOURCE = "Name:\tx\nCapBnd:\t000001fffeffffff\n"
EVERYTHING = "Name:\tx\nCapBnd:\t000001ffffffffff\n"
LAST = 40
MISSING = {"CAP_SYS_RESOURCE"}


def test_what_the_bounding_set_lacks_is_found() -> None:
    assert capped_runc.withheld(ALL_BUT_SYS_RESOURCE, LAST) == {"CAP_SYS_RESOURCE"}
    assert capped_runc.withheld(EVERYTHING, LAST) == set()


def test_capabilities_that_an_older_kernel_does_not_know_are_not_withheld() -> None:
    assert capped_runc.withheld("CapBnd:\t0000003fffffffff\n", 37) == set()


@pytest.fixture
def runc(monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    calls: list[list[str]] = []
    monkeypatch.setattr(os, "execvp", lambda _program, arguments: calls.append(arguments))
    return calls


def a_process() -> dict[str, Any]:
    return {
        "args": ["sleep"],
        "capabilities": {"bounding": ["CAP_KILL", "CAP_SYS_RESOURCE"], "ambient": []},
        "rlimits": [{"type": "RLIMIT_NOFILE", "hard": 1048576, "soft": 1048576}],
    }


CAPPED = {"args": ["sleep"], "capabilities": {"bounding": ["CAP_KILL"], "ambient": []}}


def test_a_container_asks_for_less(tmp_path: Path, runc: list[list[str]]) -> None:
    (tmp_path / "config.json").write_text(json.dumps({"root": {}, "process": a_process()}))
    arguments = ["--log", "x", "create", "--bundle", str(tmp_path), "id"]
    capped_runc.main(arguments, MISSING)
    assert json.loads((tmp_path / "config.json").read_text()) == {"root": {}, "process": CAPPED}
    assert runc == [["runc", *arguments]]


def test_a_command_in_a_container_asks_for_less(tmp_path: Path, runc: list[list[str]]) -> None:
    process = tmp_path / "process.json"
    process.write_text(json.dumps(a_process()))
    capped_runc.main(["exec", "--process", str(process), "id"], MISSING)
    assert json.loads(process.read_text()) == CAPPED
    assert len(runc) == 1


def test_everything_else_goes_to_runc_as_it_is(runc: list[list[str]]) -> None:
    capped_runc.main(["--version"], MISSING)
    assert runc == [["runc", "--version"]]
