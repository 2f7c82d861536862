"""The schema of BillingStacks, as it is checked in."""

import functools
from collections.abc import Iterator

import yaml

from billing_dev.tree import ROOT
from billing_operator.kinds import Manifest


@functools.cache
def crd() -> Manifest:
    """The checked-in CustomResourceDefinition."""
    made: Manifest = yaml.safe_load((ROOT / "crds/billingstacks.yaml").read_text())
    return made


def schema() -> Manifest:
    """The schema of its one version."""
    made: Manifest = crd()["spec"]["versions"][0]["schema"]["openAPIV3Schema"]
    return made


def nodes(of: Manifest, path: str = "") -> Iterator[tuple[str, Manifest]]:
    """Every node of a schema with its path."""
    yield path, of
    for name, child in of.get("properties", {}).items():
        yield from nodes(child, f"{path}.{name}")
    if "items" in of:
        yield from nodes(of["items"], f"{path}[]")
    if isinstance(of.get("additionalProperties"), dict):
        yield from nodes(of["additionalProperties"], f"{path}{{}}")
