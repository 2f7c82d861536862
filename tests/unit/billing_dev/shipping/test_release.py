"""What is pushed, under which names, and where that is written down."""

from pathlib import Path

import pytest
import yaml

from billing_dev.cluster.errors import ClusterError
from billing_dev.shipping.release import (
    BASE,
    overlay,
    pushed_name,
    registry_of,
    release_folder,
    write_overlay,
)
from billing_dev.tree import ROOT

DIGEST = "sha256:" + "5f" * 32


@pytest.mark.parametrize("environment", [{}, {"REGISTRY": " "}], ids=["none", "empty"])
def test_without_a_registry_it_says_how_to_name_one(environment: dict[str, str]) -> None:
    with pytest.raises(ClusterError, match=r"make push REGISTRY=registry\.example\.com/team"):
        registry_of(environment)


def test_a_registry_is_no_url() -> None:
    with pytest.raises(ClusterError, match="without https://"):
        registry_of({"REGISTRY": "https://registry.example.com/team"})


def test_a_registry_may_end_with_a_slash() -> None:
    assert registry_of({"REGISTRY": "localhost:5000/team/"}) == "localhost:5000/team"


def test_what_was_pushed_goes_by_its_digest() -> None:
    told = f"0f0f: Pushed\n1.2.3: digest: {DIGEST} size: 1787\n"

    assert pushed_name("localhost:5000/team/a:1.2.3", told) == f"localhost:5000/team/a@{DIGEST}"


def test_where_a_push_tells_no_digest_the_tag_has_to_do() -> None:
    assert pushed_name("localhost:5000/team/a:1.2.3", "done\n") == "localhost:5000/team/a:1.2.3"


def test_the_overlay_puts_the_images_in_place_of_those_of_the_base(tmp_path: Path) -> None:
    folder = tmp_path / "deep" / "down"
    write_overlay(
        folder, {"billing-operator": f"r.test:5/o@{DIGEST}", "billing-payment": "r.test:5/p:1"}
    )

    made = yaml.safe_load((folder / "kustomization.yaml").read_text())
    assert [(folder / each).resolve() for each in made["resources"]] == [BASE]
    assert made["images"] == [
        {"name": "billing-operator", "newName": "r.test:5/o", "digest": DIGEST},
        {"name": "billing-payment", "newName": "r.test:5/p", "newTag": "1"},
    ]


def test_the_overlay_is_there_once_it_was_written(tmp_path: Path) -> None:
    environment = {"RELEASE": str(tmp_path)}
    assert overlay(environment) is None

    write_overlay(tmp_path, {})
    assert overlay(environment) == tmp_path


def test_git_ignores_where_the_overlay_usually_is() -> None:
    folder = release_folder({})

    assert folder == ROOT / ".build" / "release"
    assert ".build/" in (ROOT / ".gitignore").read_text().splitlines()
