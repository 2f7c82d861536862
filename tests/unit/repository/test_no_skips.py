import subprocess
import sys
from pathlib import Path

import no_skips

SKIPPED = {
    "in_its_body": "def test_it(): pytest.skip('too slow')",
    "by_a_mark": "@pytest.mark.skipif(True, reason='too slow')\ndef test_it(): pass",
    "expected_to_fail": "@pytest.mark.xfail(reason='too slow')\ndef test_it(): assert False",
    "a_whole_module": "pytest.skip('too slow', allow_module_level=True)",
}


def test_what_is_skipped_fails_and_what_runs_does_not(tmp_path: Path) -> None:
    for name, text in {**SKIPPED, "that_runs": "def test_it(): pass"}.items():
        (tmp_path / f"test_{name}.py").write_text(f"import pytest\n{text}")

    told = pytest_in(tmp_path)

    for name in SKIPPED:
        assert f"test_{name}.py" in told.partition("short test summary")[2]
    assert told.count("nothing may be skipped here") >= len(SKIPPED)
    assert "2 failed, 1 passed, 2 errors" in told


def pytest_in(folder: Path) -> str:
    plugin = Path(no_skips.__file__)
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-p", plugin.stem, "--continue-on-collection-errors"],
        cwd=folder,
        env={"PYTHONPATH": str(plugin.parent), "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    return done.stdout
