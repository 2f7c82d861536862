"""Tries everything on a cluster that keeps none of it: a dry run by the API server itself.

What cannot be tried, since something else has to be there first, is named, and why.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

import yaml

from billing_dev.clients.kube import Kubectl, KubectlError, Manifest
from billing_dev.cluster.progress import say
from billing_dev.printable import printable_line
from billing_dev.shipping.context import current_context
from billing_dev.shipping.release import BASE, overlay, shown
from billing_dev.shipping.rights import lacking
from billing_dev.shipping.stacks import crd
from billing_dev.tree import ROOT

SAMPLES = ROOT / "deploy" / "samples"
# Strictly: a field that the API server doesn't know is a mistake, not something to drop.
_APPLY = ("apply", "--server-side", "--force-conflicts", "--validate=strict", "--dry-run=server")
_SUBSTITUTE = "default"


class Mark(StrEnum):
    """How a trial ended."""

    OK = "ok"
    NOT_OK = "NOT OK"
    NOT_TRIED = "not tried"


@dataclass(frozen=True, slots=True)
class Finding:
    """One trial, and what there is to say about it."""

    mark: Mark
    what: str
    words: str = ""

    def __str__(self) -> str:
        return f"  {self.mark:<9}  {self.what}{f': {self.words}' if self.words else ''}"


def verify(environment: Mapping[str, str]) -> bool:
    """Tells whether the cluster takes all that could be tried."""
    kube = current_context(environment).kube
    folder = overlay(environment)
    if folder is None:
        say(
            "    nothing was pushed yet: deploy/base is tried, with the names of images as they are"
        )
    marks = []
    for finding in Trial(kube).findings(folder or BASE):
        print(printable_line(str(finding)), flush=True)
        marks.append(finding.mark)
    print(summary(marks), flush=True)
    return Mark.NOT_OK not in marks


def summary(marks: list[Mark]) -> str:
    """All findings in one line."""
    counts = ", ".join(f"{marks.count(mark)} {mark}" for mark in Mark if mark in marks)
    return f"\n{counts}; nothing was kept"


class Trial:
    """Dry runs against one cluster."""

    def __init__(self, kube: Kubectl) -> None:
        self._kube = kube
        self._namespaces: dict[str, bool] = {}

    def findings(self, folder: Path) -> Iterator[Finding]:
        """Everything, in the order in which a person would do it."""
        manifests = list(yaml.safe_load_all(self._kube("kustomize", str(folder))))
        yield self._rights(manifests)
        for manifest in manifests:
            yield self._object(manifest, f"{shown(folder)}: ")
        yield from self._samples(manifests)

    def _rights(self, manifests: list[Manifest]) -> Finding:
        missing = lacking(self._kube, manifests)
        if missing:
            return Finding(Mark.NOT_OK, "rights of yours", f"you may not {'; '.join(missing)}")
        return Finding(Mark.OK, "rights of yours, to deploy, to smoke and to undeploy")

    def _samples(self, manifests: list[Manifest]) -> Iterator[Finding]:
        reason = self._why_no_samples(manifests)
        for sample in sorted(SAMPLES.glob("*.yaml")):
            for manifest in yaml.safe_load_all(sample.read_text()):
                if reason and manifest["kind"] == "BillingStack":
                    yield Finding(Mark.NOT_TRIED, _named(manifest, f"{shown(sample)}: "), reason)
                else:
                    yield self._object(manifest, f"{shown(sample)}: ")

    def _why_no_samples(self, manifests: list[Manifest]) -> str | None:
        (wanted,) = (each for each in manifests if each["kind"] == "CustomResourceDefinition")
        again = "run `make verify` again after `make deploy`"
        try:
            known = crd(self._kube)
            if known is None:
                return f"this cluster has no such kind yet; {again}"
            later = self._dry_run(wanted)
        except KubectlError as refused:
            return f"the kind itself can't be tried ({_reason(refused)})"
        if later["spec"] != known["spec"]:
            return f"the kind as this cluster has it is of another version; {again}"
        return None

    def _object(self, manifest: Manifest, where: str) -> Finding:
        what, words = _named(manifest, where), ""
        namespace = manifest["metadata"].get("namespace")
        if manifest["kind"] == "BillingStack" and namespace is None:
            namespace = _SUBSTITUTE
        try:
            if namespace and not self._is_there(namespace):
                words = f"tried in namespace {_SUBSTITUTE}, since {namespace} is not there yet"
                namespace = _SUBSTITUTE
            self._dry_run(manifest, namespace)
        except KubectlError as refused:
            reason = _reason(refused)
            return Finding(Mark.NOT_OK, what, f"{reason} ({words})" if words else reason)
        return Finding(Mark.OK, what, words)

    def _is_there(self, namespace: str) -> bool:
        if namespace not in self._namespaces:
            asked = ("get", "namespace", namespace, "--ignore-not-found", "--output=name")
            self._namespaces[namespace] = bool(self._kube(*asked))
        return self._namespaces[namespace]

    def _dry_run(self, manifest: Manifest, namespace: str | None = None) -> Manifest:
        metadata = manifest["metadata"] | ({"namespace": namespace} if namespace else {})
        body = json.dumps(manifest | {"metadata": metadata})
        made: Manifest = json.loads(self._kube(*_APPLY, "--output=json", "-f", "-", stdin=body))
        return made


def _named(manifest: Manifest, where: str) -> str:
    return f"{where}{manifest['kind']} {manifest['metadata']['name']}"


def _reason(refused: KubectlError) -> str:
    """What the server said, without how it was asked."""
    return str(refused).partition(": ")[2]
