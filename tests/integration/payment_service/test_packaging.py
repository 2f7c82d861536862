"""The service as a package of its own."""

import json
import subprocess
import sys
from pathlib import Path

PROJECT = Path(__file__).parents[3] / "payment"
EXPECTED = {"falcon", "waitress", "prometheus-client", "payment-service"}


def distributions(python: Path) -> set[str]:
    command = [str(python), "-m", "pip", "--disable-pip-version-check", "list", "--format=json"]
    listed = subprocess.run(command, check=True, capture_output=True)
    return {found["name"].replace("_", "-") for found in json.loads(listed.stdout)}


def test_installing_it_brings_exactly_its_four_distributions(tmp_path: Path) -> None:
    subprocess.run([sys.executable, "-m", "venv", tmp_path], check=True)
    python = tmp_path / "bin" / "python"
    before = distributions(python)

    subprocess.run([python, "-m", "pip", "install", "--quiet", PROJECT], check=True)

    assert distributions(python) - before == EXPECTED
    subprocess.run([tmp_path / "bin" / "payment-service", "--version"], check=True)
