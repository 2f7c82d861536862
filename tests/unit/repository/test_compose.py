"""compose.yaml: its form, and that images and services would take what it says.

No Docker Compose is needed: what it names is held against the Dockerfiles and against what reads
the variables.
"""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from billing_dev.antaeus.settings import Settings as AntaeusSettings
from billing_dev.local.pair import TOKEN
from billing_dev.tree import ROOT
from payment_service.settings import Settings

FILE = ROOT / "compose.yaml"
# Of the Compose Specification, what is used here; a member of another name is a mistake.
KEYS = {
    "": {"name", "services", "configs"},
    "service": {
        *("image", "build", "environment", "configs", "volumes", "ports", "healthcheck", "tmpfs"),
        *("stop_grace_period", "read_only", "cap_drop", "security_opt", "depends_on"),
    },
    "build": {"context", "dockerfile"},
    "healthcheck": {"test", "interval", "timeout", "retries"},
    "config of a service": {"source", "target"},
    "config": {"content"},
    "dependency": {"condition"},
}
PORT = re.compile(r"127\.0\.0\.1:(\d+):(\d+)")
SECONDS = re.compile(r"(\d+)s")


@pytest.fixture
def compose() -> dict[str, Any]:
    document: dict[str, Any] = yaml.safe_load(FILE.read_text())
    return document


@pytest.fixture
def payment(compose: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = compose["services"]["payment"]
    return found


@pytest.fixture
def antaeus(compose: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = compose["services"]["antaeus"]
    return found


def unknown(document: dict[str, Any]) -> set[str]:
    """Members that have no meaning to Docker Compose where they stand."""
    found = {f"{key}" for key in set(document) - KEYS[""]}
    for config in document.get("configs", {}).values():
        found |= set(config) - KEYS["config"]
    for service in document["services"].values():
        found |= set(service) - KEYS["service"]
        found |= set(service.get("build", {})) - KEYS["build"]
        found |= set(service.get("healthcheck", {})) - KEYS["healthcheck"]
        for config in service.get("configs", []):
            found |= set(config) - KEYS["config of a service"]
        for dependency in service.get("depends_on", {}).values():
            found |= set(dependency) - KEYS["dependency"]
    return found


def test_every_member_is_one_of_composes(compose: dict[str, Any]) -> None:
    assert unknown(compose) == set()


def test_a_member_of_another_name_is_found(compose: dict[str, Any]) -> None:
    compose["services"]["antaeus"]["depend_on"] = {}
    compose["services"]["payment"]["build"]["file"] = "x"

    assert unknown(compose) == {"depend_on", "file"}


def test_what_a_service_refers_to_is_there(compose: dict[str, Any]) -> None:
    for service in compose["services"].values():
        assert {each["source"] for each in service.get("configs", [])} <= set(compose["configs"])
        assert set(service.get("depends_on", {})) <= set(compose["services"])
        for name, dependency in service.get("depends_on", {}).items():
            assert dependency["condition"] == "service_healthy"
            assert "healthcheck" in compose["services"][name]


def instructions(service: dict[str, Any], word: str) -> list[str]:
    """What the Dockerfile of a service says behind this word."""
    build = service["build"]
    dockerfile: Path = ROOT / build["context"] / build["dockerfile"]
    return re.findall(rf"^{word} (.+)$", dockerfile.read_text(), re.MULTILINE)


@pytest.mark.parametrize("name", ["payment", "antaeus"])
def test_the_image_opens_every_port_that_is_published_on_this_machine_alone(
    compose: dict[str, Any], name: str
) -> None:
    service = compose["services"][name]
    published = [PORT.fullmatch(each) for each in service["ports"]]

    assert all(published)
    assert all(each[1] == each[2] for each in published if each)
    (exposed,) = instructions(service, "EXPOSE")
    assert {each[2] for each in published if each} <= set(exposed.split())


@pytest.mark.parametrize("name", ["payment", "antaeus"])
def test_every_file_that_the_build_copies_is_in_its_context(
    compose: dict[str, Any], name: str
) -> None:
    service = compose["services"][name]
    sources = [
        source
        for line in instructions(service, "COPY")
        if "--from" not in line
        for source in line.split()[:-1]
    ]

    assert sources
    assert all((ROOT / service["build"]["context"] / source).exists() for source in sources)


def test_payment_takes_its_variables_and_finds_the_token_that_antaeus_sends(
    compose: dict[str, Any], payment: dict[str, Any], antaeus: dict[str, Any]
) -> None:
    settings = Settings.from_env(payment["environment"])
    known = {f"PAYMENT_{name.upper()}" for name in Settings.__slots__}
    (config,) = payment["configs"]

    assert set(payment["environment"]) <= known
    assert config["target"] == str(settings.token_file)
    token = compose["configs"][config["source"]]["content"]
    assert token == TOKEN == AntaeusSettings.from_env(antaeus["environment"]).token


def test_antaeus_charges_where_payment_listens(
    payment: dict[str, Any], antaeus: dict[str, Any]
) -> None:
    told = AntaeusSettings.from_env(antaeus["environment"])
    settings = Settings.from_env(payment["environment"])

    assert told.endpoint == f"http://payment:{settings.port}"
    assert told.database.parent == Path(antaeus["tmpfs"][0])


def test_payments_health_is_asked_where_it_is_told_and_its_end_is_waited_for(
    payment: dict[str, Any],
) -> None:
    settings = Settings.from_env(payment["environment"])
    first, *command = payment["healthcheck"]["test"]

    assert first == "CMD"
    assert f"127.0.0.1:{settings.ops_port}/readyz" in command[-1]
    compile(command[-1], "healthcheck", "exec")
    grace = SECONDS.fullmatch(payment["stop_grace_period"])
    assert grace is not None
    assert int(grace[1]) > settings.stop_seconds()


def test_the_profile_of_make_local_is_where_payment_looks_for_it(payment: dict[str, Any]) -> None:
    (mount,) = payment["volumes"]
    source, target, mode = mount.split(":")

    assert (source, mode) == ("./.local/profile", "ro")
    assert Settings.from_env(payment["environment"]).profile_file.parent == Path(target)
