"""One version, wherever it is written."""

import re
import tomllib

import pytest
import yaml

import billing_operator
import payment_service
from billing_dev.tree import ROOT, files
from billing_operator.kinds import Manifest

VERSION = billing_operator.__version__


def operator_container() -> Manifest:
    documents = yaml.safe_load_all((ROOT / "deploy/base/operator.yaml").read_text())
    deployment = next(each for each in documents if each["kind"] == "Deployment")
    made: Manifest = deployment["spec"]["template"]["spec"]["containers"][0]
    return made


def test_both_packages_have_the_same_version() -> None:
    assert payment_service.__version__ == VERSION


@pytest.mark.parametrize("name", ["operator", "payment"])
def test_a_package_takes_its_version_from_its_code(name: str) -> None:
    project = tomllib.loads((ROOT / name / "pyproject.toml").read_text())
    (package,) = project["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"]

    assert "version" in project["project"]["dynamic"]
    assert project["tool"]["hatch"]["version"] == {"path": f"{package}/__init__.py"}


def test_the_operator_is_deployed_in_its_own_version() -> None:
    assert operator_container()["image"] == f"billing-operator:{VERSION}"


def test_stacks_get_payment_and_runs_in_the_operators_version() -> None:
    env = {each["name"]: each.get("value") for each in operator_container()["env"]}

    assert env["BILLING_OPERATOR_IMAGE"] == operator_container()["image"]
    assert env["BILLING_PAYMENT_IMAGE"] == f"billing-payment:{VERSION}"


@pytest.mark.parametrize("name", ["Dockerfile.operator", "Dockerfile.payment"])
def test_an_image_is_labelled_with_its_version(name: str) -> None:
    assert re.findall(r"ARG VERSION=(\S+)", (ROOT / name).read_text()) == [VERSION]


def test_the_samples_use_images_of_this_version() -> None:
    text = "".join(path.read_text() for path in (ROOT / "deploy/samples").glob("*.yaml"))

    assert set(re.findall(r"billing-\w+:(\S+)", text)) == {VERSION}


def test_the_readme_speaks_of_this_version() -> None:
    text = (ROOT / "README.md").read_text()

    assert re.findall(r"\*\*Status:\*\* version ([\w.]+\w)", text) == [VERSION]


def test_what_the_documents_have_people_install_is_this_version() -> None:
    text = "".join(file.read_text() for file in files() if file.suffix == ".md")

    # A tag of Git, and tags of our own images.
    assert set(re.findall(r"\?ref=v([\w.]+)", text)) == {VERSION}
    assert set(re.findall(r'billing-\w+, newTag: "(.+?)"', text)) == {VERSION}
