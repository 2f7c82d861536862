"""An operator's account of its own in one namespace, with the rights of deploy/namespaced."""

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import yaml

from billing_dev.clients.kube import Kube, Manifest
from billing_dev.installation import NAMESPACE
from billing_dev.tree import ROOT
from support.cluster.workspace import Workspace

_READING = {"get", "list", "watch"}


def rendered(kube: Kube, folder: Path) -> list[Manifest]:
    """What a kustomization comes to."""
    return [each for each in yaml.safe_load_all(kube("kustomize", str(folder))) if each]


def confined(workspace: Workspace, *, only_reads: str = "") -> tuple[Workspace, Manifest]:
    """A workspace for an operator without rights elsewhere, and the Role that it shall have.

    Args:
        only_reads: what it must not write, other than by the Role, until that is applied.
    """
    rights = {"namespace": workspace.namespace, "resources": ["../../deploy/namespaced/rights"]}
    # kustomize goes by relative paths alone.
    (ROOT / ".build").mkdir(exist_ok=True)
    with TemporaryDirectory(dir=ROOT / ".build") as folder:
        (Path(folder) / "kustomization.yaml").write_text(json.dumps(rights))
        role, binding = rendered(workspace.kube, Path(folder))
    (subject,) = binding["subjects"]
    assert subject["namespace"] == NAMESPACE
    subject["namespace"] = workspace.namespace
    meta = {"name": subject["name"], "namespace": workspace.namespace}
    workspace.kube.apply({"apiVersion": "v1", "kind": "ServiceAccount", "metadata": meta})
    rules = [part for rule in role["rules"] for part in _split(rule, only_reads)]
    workspace.kube.apply(role | {"rules": rules}, binding)
    token = workspace.kube("-n", workspace.namespace, "create", "token", subject["name"]).strip()
    return replace(workspace, token=token), role


def _split(rule: Manifest, only_reads: str) -> Iterator[Manifest]:
    """A rule of a Role, without the right to write one of its resources."""
    others = [each for each in rule["resources"] if each != only_reads]
    if others:
        yield rule | {"resources": others}
    if only_reads in rule["resources"]:
        verbs = [verb for verb in rule["verbs"] if verb in _READING]
        yield rule | {"resources": [only_reads], "verbs": verbs}
