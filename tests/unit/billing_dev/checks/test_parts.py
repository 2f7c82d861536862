from pathlib import Path

import pytest

from billing_dev.checks.parts import Part, Parts, passed_in, table
from billing_dev.checks.programs import run_captured
from billing_dev.cluster.errors import ClusterError

CASES = """
import pytest

@pytest.fixture
def broken_off():
    yield
    raise OSError

def test_one(): pass
def test_two(): pass
def test_it_fails(): assert False
def test_its_end_fails(broken_off): pass
"""


def test_the_table_tells_share_and_passed_tests_of_each_part() -> None:
    parts = [
        Part("linters", 30.4, 0),
        Part("operator in-process", 450.0, 0, 242),
        Part("unit tests, beside it", 120.0, 1, 2499),
    ]

    assert table(parts, 600.0).splitlines() == [
        "    part                   seconds  share  tests passed",
        "    linters                     30     5%",
        "    operator in-process        450    75%           242",
        "    unit tests, beside it      120    20%   2499 FAILED",
    ]


def test_nothing_that_ran_is_a_table_too() -> None:
    assert table([], 0.0) == "    part  seconds  share  tests passed"


def test_tests_that_passed_to_their_end_are_counted(tmp_path: Path) -> None:
    (tmp_path / "test_it.py").write_text(CASES)
    parts = Parts()
    printed = []

    def unseen(command: object) -> int:
        assert isinstance(command, list)
        code, text = run_captured(command)
        printed.append(text)
        return code

    tests = ("pytest", "-q", "-p", "no:cacheprovider", f"--rootdir={tmp_path}", tmp_path)
    assert parts.run_tests("some", tests, unseen) == 1

    (part,) = parts.ended
    assert (part.name, part.code, part.passed) == ("some", 1, 2)
    assert part.seconds > 0
    assert "1 failed, 3 passed, 1 error" in printed[0]


def test_a_run_that_wrote_no_report_has_no_test_that_passed(tmp_path: Path) -> None:
    assert passed_in(tmp_path / "none.xml") == 0


def test_a_part_that_breaks_off_is_kept_as_failed() -> None:
    parts = Parts()

    def breaks_off() -> int:
        raise ClusterError

    with pytest.raises(ClusterError):
        parts.run("cluster and images", breaks_off)

    assert [(part.name, part.code, part.passed) for part in parts.ended] == [
        ("cluster and images", 1, None)
    ]
