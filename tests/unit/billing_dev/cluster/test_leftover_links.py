from pathlib import Path

import pytest

from billing_dev.cluster.leftover_links import leftover_links


@pytest.fixture
def links(tmp_path: Path) -> Path:
    """Links as sysfs shows them: a bridge is named by a link of its members' folders."""
    for bridge in ("docker0", "br-0b1856c26e9c", "br0", "cni0"):
        (tmp_path / bridge).mkdir()
    return tmp_path


def put(links: Path, name: str, bridge: str | None) -> None:
    (links / name).mkdir()
    if bridge:
        (links / name / "master").symlink_to(links / bridge)


@pytest.mark.parametrize("bridge", ["docker0", "br-0b1856c26e9c"])
def test_a_containers_end_on_a_bridge_of_docker_is_left_over(links: Path, bridge: str) -> None:
    put(links, "vethe6339d7", bridge)
    assert leftover_links(links) == ["vethe6339d7"]


@pytest.mark.parametrize(
    ("name", "bridge"),
    [
        ("vethe6339d7", "br0"),
        ("vethe6339d7", "cni0"),
        ("vethe6339d7", None),
        ("eth0", "docker0"),
        ("vmnet1", "br-0b1856c26e9c"),
    ],
)
def test_what_others_have_made_is_left_alone(links: Path, name: str, bridge: str | None) -> None:
    put(links, name, bridge)
    assert leftover_links(links) == []
