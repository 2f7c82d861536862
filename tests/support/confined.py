"""An operator's account of its own in one namespace, with the rights of deploy/namespaced."""

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import yaml

from support.installation import NAMESPACE, ROOT
from support.kube import Kube, Manifest
from support.scene import Scene

_READING = {"get", "list", "watch"}


def rendered(kube: Kube, folder: Path) -> list[Manifest]:
    """What a kustomization comes to."""
    return [each for each in yaml.safe_load_all(kube("kustomize", str(folder))) if each]


def confined(scene: Scene, *, only_reads: str = "") -> tuple[Scene, Manifest]:
    """The scene for an operator without rights elsewhere, and the Role that it is meant to have.

    Args:
        only_reads: what it must not write, other than by the Role, until that is applied.
    """
    rights = {"namespace": scene.namespace, "resources": ["../../deploy/namespaced/rights"]}
    # kustomize goes by relative paths alone.
    (ROOT / ".build").mkdir(exist_ok=True)
    with TemporaryDirectory(dir=ROOT / ".build") as folder:
        (Path(folder) / "kustomization.yaml").write_text(json.dumps(rights))
        role, binding = rendered(scene.kube, Path(folder))
    (subject,) = binding["subjects"]
    assert subject["namespace"] == NAMESPACE
    subject["namespace"] = scene.namespace
    meta = {"name": subject["name"], "namespace": scene.namespace}
    scene.kube.apply({"apiVersion": "v1", "kind": "ServiceAccount", "metadata": meta})
    rules = [part for rule in role["rules"] for part in _split(rule, only_reads)]
    scene.kube.apply(role | {"rules": rules}, binding)
    token = scene.kube("-n", scene.namespace, "create", "token", subject["name"]).strip()
    return replace(scene, token=token), role


def _split(rule: Manifest, only_reads: str) -> Iterator[Manifest]:
    """A rule of a Role, without the right to write one of its resources."""
    others = [each for each in rule["resources"] if each != only_reads]
    if others:
        yield rule | {"resources": others}
    if only_reads in rule["resources"]:
        verbs = [verb for verb in rule["verbs"] if verb in _READING]
        yield rule | {"resources": [only_reads], "verbs": verbs}
