from pathlib import Path

import pytest

from billing_dev.cluster.compiling import Compiling, packages_in, so_far

LOG = """$ go install -v -trimpath ./kubernetes
go: downloading k8s.io/api v0.36.3
internal/abi
k8s.io/kubernetes/pkg/apis/core
sigs.k8s.io/kind
"""
PACKAGES = ["internal/abi", "k8s.io/kubernetes/pkg/apis/core", "sigs.k8s.io/kind"]


def test_packages_are_told_from_what_else_go_says() -> None:
    assert packages_in(LOG) == PACKAGES
    assert packages_in("") == []


@pytest.mark.parametrize(
    ("packages", "wanted", "said"),
    [
        ([], 3446, "none of 3,446 packages yet"),
        (PACKAGES[:2], 3446, "2 of 3,446 packages, now k8s.io/kubernetes/pkg/apis/core"),
        (PACKAGES, 3, "3 of 3 packages, now sigs.k8s.io/kind"),
        (PACKAGES, 2, "3 of 3 packages, now sigs.k8s.io/kind"),
    ],
    ids=["before the first", "on the way", "at the last", "more than were counted"],
)
def test_how_far_it_is_names_the_package_that_go_is_at(
    packages: list[str], wanted: int, said: str
) -> None:
    assert so_far(packages, wanted) == said


def test_a_run_says_what_it_does_from_its_begin_to_its_end(tmp_path: Path) -> None:
    log = tmp_path / "compile.log"
    at = Compiling(log)
    assert str(at) == "fetching sources and counting packages"
    at.will_compile(4)
    assert str(at) == "none of 4 packages yet"
    log.write_text(LOG)
    assert str(at) == "3 of 4 packages, now sigs.k8s.io/kind"
