"""Every manifest has only fields that Kubernetes has, told without a cluster.

What an API server says of them, rendered, is in tests/integration/test_manifests.py.
"""

import copy
import functools
from pathlib import Path

import jsonschema
import kubernetes_validate
import pytest
import yaml

from billing_dev.crd import schema
from billing_dev.render.samples import SAMPLES
from billing_dev.tree import ROOT, yaml_files
from billing_operator.kinds import BILLING_STACK, POD_MONITOR, Manifest
from case_names import as_written

# The oldest that has all that is used, and the newest that is supported: a field that both know is
# known to those in between. See docs/reference/kubernetes-versions.md.
VERSIONS = ("1.29", "1.37")
# What is installed only if it is wanted, and has an API that came later.
LATER = {"deploy/access/policy.yaml": "1.30"}

# Read by kustomize and by the API server's audit log, which publish no schema, and no part of
# Kubernetes itself.
WITHOUT_SCHEMA = {
    "kustomize.config.k8s.io/v1beta1",
    "audit.k8s.io/v1",
    POD_MONITOR.api_version,
}


@functools.cache
def documents(file: Path) -> list[Manifest]:
    """The manifests of a file; other YAML has no kind."""
    return [each for each in yaml.safe_load_all(file.read_text()) if each and "kind" in each]


def manifests(file: Path) -> list[Manifest]:
    """Those of kinds that Kubernetes has itself."""
    others = WITHOUT_SCHEMA | {BILLING_STACK.api_version}
    return [each for each in documents(file) if each["apiVersion"] not in others]


def closed(node: Manifest) -> Manifest:
    """A schema that takes no field which it does not name, as strict validation does."""
    made = copy.deepcopy(node)
    if "properties" in made:
        made["properties"] = {name: closed(of) for name, of in made["properties"].items()}
        made["additionalProperties"] = False
    if "items" in made:
        made["items"] = closed(made["items"])
    return made


WITH_MANIFESTS = [file for file in yaml_files() if manifests(file)]


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("file", WITH_MANIFESTS, ids=lambda file: str(file.relative_to(ROOT)))
def test_kubernetes_knows_every_field(file: Path, version: str) -> None:
    version = max(version, LATER.get(str(file.relative_to(ROOT)), version))
    for manifest in manifests(file):
        assert kubernetes_validate.validate(manifest, version, strict=True) == version


@pytest.mark.parametrize(
    ("mistake", "named"),
    [
        ({"readinesProbe": {"httpGet": {"port": 1}}}, "readinesProbe"),
        ({"imagePullPolicy": 1}, "1 is not of type 'string'"),
        ({"ports": [{"port": 80}]}, "'containerPort' is a required"),
    ],
    ids=as_written,
)
def test_a_field_that_kubernetes_does_not_know_is_found(mistake: Manifest, named: str) -> None:
    operator = documents(ROOT / "deploy/base/operator.yaml")
    (deployment,) = copy.deepcopy([each for each in operator if each["kind"] == "Deployment"])
    deployment["spec"]["template"]["spec"]["containers"][0] |= mistake

    with pytest.raises(kubernetes_validate.ValidationError, match=named):
        kubernetes_validate.validate(deployment, VERSIONS[0], strict=True)


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda sample: sample.stem)
def test_a_stack_of_the_samples_fits_the_schema(sample: Path) -> None:
    stacks = [each for each in documents(sample) if each["kind"] == BILLING_STACK.name]

    assert stacks
    for stack in stacks:
        jsonschema.Draft4Validator(closed(schema())).validate(stack)


@pytest.mark.parametrize(
    ("spec", "named"),
    [
        ({"payment": {"sucessRate": 1}}, "'sucessRate' was unexpected"),
        ({"payment": {"successRate": "1"}}, "is not of type 'number'"),
        ({"antaeus": {"env": [{"value": "1"}]}}, "'name' is a required property"),
        ({"antaeus": {"resources": {"limits": {"memory": "lots"}}}}, "does not match"),
    ],
    ids=as_written,
)
def test_a_stack_that_does_not_fit_is_found(spec: Manifest, named: str) -> None:
    stack = {"apiVersion": BILLING_STACK.api_version, "kind": BILLING_STACK.name, "spec": spec}

    with pytest.raises(jsonschema.ValidationError, match=named):
        jsonschema.Draft4Validator(closed(schema())).validate(stack)


@pytest.mark.parametrize(
    "folder",
    [file.parent for file in yaml_files() if file.name == "kustomization.yaml"],
    ids=lambda folder: folder.name,
)
def test_a_kustomization_names_what_is_beside_it(folder: Path) -> None:
    text = (folder / "kustomization.yaml").read_text()
    beside = {file.name for file in folder.glob("*.yaml")} - {"kustomization.yaml"}

    assert {name for name in beside if name not in text} == set()
    assert [
        path for path in yaml.safe_load(text)["resources"] if not (folder / path).exists()
    ] == []
