"""The Kubernetes versions that people read of are those that are run."""

import re

import pytest
import yaml

from billing_dev.cluster.programs import KUBERNETES
from billing_dev.tree import ROOT

PAGE = "docs/reference/kubernetes-versions.md"


def in_ci() -> list[str]:
    """The versions of the workflow, from the oldest on."""
    workflow = yaml.safe_load((ROOT / ".github/workflows/ci.yml").read_text())
    rows = workflow["jobs"]["test"]["strategy"]["matrix"]["include"]
    return [str(row["kubernetes"]).removeprefix("v") for row in rows]


def minor(version: str) -> str:
    return version.rpartition(".")[0]


@pytest.mark.parametrize("page", ["README.md", PAGE])
def test_what_is_called_supported_is_what_ci_runs(page: str) -> None:
    oldest, newest = in_ci()

    text = (ROOT / page).read_text()

    assert re.findall(r"1\.\d\d to 1\.\d\d", text)[0] == f"{minor(oldest)} to {minor(newest)}"


@pytest.mark.parametrize("page", ["README.md", PAGE])
def test_the_version_that_was_run_here_is_told(page: str) -> None:
    assert KUBERNETES.removeprefix("v") in (ROOT / page).read_text()


def test_the_page_names_the_very_images() -> None:
    assert f"| {', '.join(in_ci())} | `make test`" in (ROOT / PAGE).read_text()
