"""The service as a package of its own."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

PROJECT = Path(__file__).parents[3] / "payment"
OWN = {"falcon", "waitress", "prometheus-client", "pydantic", "payment-service"}
OF_PYDANTIC = {"annotated-types", "pydantic-core", "typing-extensions", "typing-inspection"}


def distributions(python: Path) -> set[str]:
    command = [str(python), "-m", "pip", "--disable-pip-version-check", "list", "--format=json"]
    listed = subprocess.run(command, check=True, capture_output=True)
    return {names["name"].replace("_", "-") for names in json.loads(listed.stdout)}


@pytest.mark.thorough
def test_installing_it_brings_its_five_what_pydantic_needs_and_no_store(tmp_path: Path) -> None:
    subprocess.run([sys.executable, "-m", "venv", tmp_path], check=True)
    python = tmp_path / "bin" / "python"
    before = distributions(python)

    subprocess.run([python, "-m", "pip", "install", "--quiet", PROJECT], check=True)

    assert distributions(python) - before == OWN | OF_PYDANTIC
    subprocess.run([tmp_path / "bin" / "payment-service", "--version"], check=True)
    assert "pip install 'payment-service[store]'" in opening_a_store(python)


def opening_a_store(python: Path) -> str:
    """What a service that was installed without the extra says when it is to use a store."""
    program = (
        "from payment_service.settings import Settings\n"
        "from payment_service.state.opening import open_state\n"
        "open_state(Settings.from_env({'PAYMENT_STORE_URL': 'redis://store'}))"
    )
    return subprocess.run(
        [python, "-c", program], capture_output=True, text=True, check=False
    ).stderr


def test_the_image_has_the_client_of_a_store() -> None:
    # Dockerfile.payment installs just what is locked there.
    locked = (PROJECT.parent / "requirements/payment.txt").read_text()

    assert "\nredis==" in locked
