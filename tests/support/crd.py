"""The schema of BillingStacks, and what the API server makes of a spec by its defaults."""

import copy
import functools
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from billing_operator.kinds import Manifest

ROOT = Path(__file__).parents[2]


@functools.cache
def crd() -> Manifest:
    """The checked-in CustomResourceDefinition."""
    made: Manifest = yaml.safe_load((ROOT / "crds/billingstacks.yaml").read_text())
    return made


def schema() -> Manifest:
    """The schema of its one version."""
    made: Manifest = crd()["spec"]["versions"][0]["schema"]["openAPIV3Schema"]
    return made


def defaulted(value: Any, by: Manifest) -> Any:
    """The value as the API server stores it: with the defaults of a structural schema."""
    if isinstance(value, list):
        return [defaulted(item, by.get("items", {})) for item in value]
    if not isinstance(value, dict):
        return value
    properties = by.get("properties", {})
    given = {n: copy.deepcopy(of["default"]) for n, of in properties.items() if "default" in of}
    elsewhere = by.get("additionalProperties", {})
    return {n: defaulted(v, properties.get(n, elsewhere)) for n, v in (given | value).items()}


def nodes(of: Manifest, path: str = "") -> Iterator[tuple[str, Manifest]]:
    """Every node of a schema with its path."""
    yield path, of
    for name, child in of.get("properties", {}).items():
        yield from nodes(child, f"{path}.{name}")
    if "items" in of:
        yield from nodes(of["items"], f"{path}[]")
    if isinstance(of.get("additionalProperties"), dict):
        yield from nodes(of["additionalProperties"], f"{path}{{}}")
