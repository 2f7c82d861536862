"""The node's image: whichever is asked for, and then no other."""

from pathlib import Path

import pytest

from billing_dev.cluster import node_image
from billing_dev.cluster.errors import ClusterError

OLDER = "kindest/node:v1.34.11@sha256:44e2"

# Has no image yet, and writes down what it is told to do.
DOCKER = """#!/bin/sh
echo "$*" >>"$0.calls"
case $1 in
    image) exit 1 ;;
    pull) exit {pull} ;;
    *) echo 27.0.0 ;;
esac
"""


@pytest.fixture(autouse=True)
def own_machine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("BILLING_CACHE", str(tmp_path / "cache"))


def docker(folder: Path, *, pull: int) -> Path:
    program = folder / "docker"
    program.write_text(DOCKER.format(pull=pull))
    program.chmod(0o755)
    return folder / "docker.calls"


@pytest.mark.parametrize(
    "environment", [{}, {"BILLING_NODE_IMAGE": ""}], ids=["no variable", "an empty one"]
)
def test_without_a_word_no_image_is_asked_for(environment: dict[str, str]) -> None:
    assert node_image.asked_for(environment) is None


def test_an_image_that_is_asked_for_is_pulled_and_used(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("BILLING_NODE_IMAGE", OLDER)
    calls = docker(tmp_path, pull=0)

    tag = node_image.node_image()

    build = next(call for call in calls.read_text().splitlines() if call.startswith("build "))
    assert f"--build-arg=OFFICIAL={OLDER} " in build
    assert f"--tag={tag} " in build
    assert not node_image.needs_enforcer(tag), "kind's images bring their own"


def test_an_image_that_is_asked_for_has_no_substitute(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("BILLING_NODE_IMAGE", OLDER)
    docker(tmp_path, pull=1)

    with pytest.raises(ClusterError, match=rf"asks for {OLDER}, and it cannot be pulled"):
        node_image.node_image()


def test_images_that_are_asked_for_are_told_apart() -> None:
    tags = {node_image.official_tag(named) for named in (None, OLDER, "kindest/node:v1.37.0")}

    assert len(tags) == 3


def test_a_cluster_of_another_image_is_made_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    keys = {node_image.node_key()}
    for named in (OLDER, "kindest/node:v1.37.0"):
        monkeypatch.setenv("BILLING_NODE_IMAGE", named)
        keys.add(node_image.node_key())

    assert len(keys) == 3
