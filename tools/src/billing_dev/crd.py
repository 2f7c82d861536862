"""The schema of BillingStacks, as it is checked in."""

import functools
import json
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


def in_words(node: Manifest) -> str:
    """The range and the default of a field, as the end of its description.

    `kubectl explain` shows neither, so a description has them as well as the schema.
    """
    least, most, default = (node.get(key) for key in ("minimum", "maximum", "default"))
    words = []
    if node.get("exclusiveMinimum"):
        words.append(f"Range: above {least}, at most {most}.")
    elif least is not None:
        words.append(f"Range: at least {least}." if most is None else f"Range: {least} to {most}.")
    if default not in (None, {}):
        words.append(f"Default: {default if isinstance(default, str) else json.dumps(default)}.")
    return " ".join(words)
