"""Copies Kubernetes' own types into the schema of BillingStacks.

Their structure is that of the API server's OpenAPI, as the oldest supported Kubernetes has it: a
field of a newer one would be dropped there without a word. Words and limits are ours, in
kubernetes_types.yaml, since OpenAPI has long texts and no maxima.
"""

import copy
import json
import re
import textwrap
from importlib import resources
from pathlib import Path
from typing import Any

import yaml

from billing_dev.tree import ROOT
from billing_operator.kinds import Manifest

CRD = ROOT / "crds/billingstacks.yaml"
WORDS = Path(__file__).with_suffix(".yaml")
# The oldest in docs/reference/kubernetes-versions.md.
OLDEST = "1.34"

_OF_PODS = (
    "nodeSelector",
    "tolerations",
    "affinity",
    "topologySpreadConstraints",
    "priorityClassName",
    "imagePullSecrets",
)
# What stands where in the CRD: its name there, and the type and field that it is a copy of.
PLACES: dict[str, dict[str, tuple[str, str]]] = {
    "antaeus": {
        **{name: ("PodSpec", name) for name in _OF_PODS},
        "podSecurityContext": ("PodSpec", "securityContext"),
        "securityContext": ("Container", "securityContext"),
    },
    "payment": {name: ("PodSpec", name) for name in _OF_PODS},
    "networkPolicy": {
        "antaeusFrom": ("NetworkPolicyIngressRule", "from"),
        "monitoringFrom": ("NetworkPolicyIngressRule", "from"),
        "antaeusEgress": ("NetworkPolicySpec", "egress"),
    },
}
# Where the words of those names are.
_OURS = "BillingStack"
_BLOCK = re.compile(r"(?ms)^( *)(# Copied from Kubernetes: (\w+)\b[^\n]*\n)(.*?)^ *# End of copy\n")
_KEPT = ("type", "format", "required", "x-kubernetes-list-map-keys")
_ORDER = ("type", "format", "anyOf", "x-kubernetes-int-or-string", "required", "enum")
_LAST = ("description", "properties", "additionalProperties", "items", "x-kubernetes-validations")


class UnknownFieldError(Exception):
    """Words without a field, or a field without words."""


class Types:
    """The types of one Kubernetes version, each made a structural schema once."""

    def __init__(self, version: str = OLDEST, words: Manifest | None = None) -> None:
        self._types = definitions(version)
        texts = words or yaml.safe_load(WORDS.read_text())
        self._words, self._left_out = texts["fields"], frozenset(texts["leftOut"])
        self._made: dict[str, Manifest] = {}
        self._used: set[tuple[str, str]] = set()
        self.names: dict[int, str] = {}

    def field(self, name: str, kind: str, copied: str) -> Manifest:
        """The schema of a field of BillingStacks that is a copy of a field of a type."""
        if name not in self._made:
            of = self._types[kind]["properties"][copied]
            self._made[name] = self._field(_OURS, name, of)
            self.names[id(self._made[name])] = name
        return self._made[name]

    def check_words(self) -> None:
        """Raises UnknownFieldError where words are of a field that was not copied."""
        known = {(kind, name) for kind, fields in self._words.items() for name in fields}
        if idle := known - self._used:
            raise UnknownFieldError(f"{WORDS.name} has words for what is not there: {sorted(idle)}")

    def _field(self, kind: str, name: str, of: Manifest) -> Manifest:
        words = self._words_of(kind, name)
        if "$ref" in of:
            return _ordered(self._below(of["$ref"].rpartition(".")[2]) | words)
        made = {word: _without_null(of[word]) for word in _KEPT if word in of} | words
        if "x-kubernetes-list-map-keys" in made:
            made["x-kubernetes-list-type"] = "map"
        for branch, mark in (("items", "[]"), ("additionalProperties", "{}")):
            if branch in of:
                made[branch] = self._item(kind, f"{name}{mark}", of[branch])
        return _ordered(made)

    def _item(self, kind: str, name: str, of: Manifest) -> Manifest:
        if "$ref" in of:
            return self._type(of["$ref"].rpartition(".")[2])
        return self._field(kind, name, of)

    def _below(self, kind: str) -> Manifest:
        """A type for one field of it, which has words of its own; only what is below is shared."""
        if kind == "IntOrString":
            either = [{"type": "integer"}, {"type": "string"}]
            return {"anyOf": either, "x-kubernetes-int-or-string": True}
        whole = self._type(kind)
        return {k: v if k == "properties" else copy.deepcopy(v) for k, v in whole.items()}

    def _type(self, kind: str) -> Manifest:
        if kind not in self._made:
            of = self._types[kind]
            made = {word: _without_null(of[word]) for word in _KEPT if word in of}
            if "" in self._words.get(kind, {}):
                made |= self._words_of(kind, "")
            names = [name for name in of["properties"] if name not in self._left_out]
            made["properties"] = {n: self._field(kind, n, of["properties"][n]) for n in names}
            self._made[kind] = _ordered(made)
            name = re.sub(r"^[A-Z]+?(?=[A-Z]?[a-z])", lambda match: match[0].lower(), kind)
            self.names |= {id(self._made[kind]): name, id(made["properties"]): f"{name}Fields"}
        return self._made[kind]

    def _words_of(self, kind: str, name: str) -> Manifest:
        text = self._words.get(kind, {}).get(name)
        if text is None and not name.endswith(("[]", "{}")):
            raise UnknownFieldError(f"{WORDS.name} has no words for {kind}.{name}")
        self._used.add((kind, name))
        return copy.deepcopy(text or {})


def definitions(version: str) -> dict[str, Manifest]:
    """Kubernetes' types by their short names; where two groups share one, the core's."""
    folder = f"kubernetes-json-schema/v{version}.0-local"
    text = (resources.files("kubernetes_validate") / folder / "_definitions.json").read_text()
    of_all = json.loads(text)["$defs"]
    ours = ("io.k8s.api.core.v1.", "io.k8s.api.networking.v1.", "io.k8s.apimachinery.")
    return {name.rpartition(".")[2]: of for name, of in of_all.items() if name.startswith(ours)}


def with_copies(text: str) -> str:
    """The text of the CRD, its copies made anew."""
    fresh = _dumped()

    def block(match: re.Match[str]) -> str:
        indent, head, place = match[1], match[2], match[3]
        return indent + head + textwrap.indent(fresh[place], indent) + f"{indent}# End of copy\n"

    return _BLOCK.sub(block, text)


def _dumped() -> dict[str, str]:
    """The YAML of each place; what is there twice is written once, wherever that is."""
    types = Types()
    made = {
        place: {name: types.field(name, *source) for name, source in fields.items()}
        for place, fields in PLACES.items()
    }
    types.check_words()

    class Dumper(_Dumper):
        anchor_names = types.names

    text = yaml.dump(made, Dumper=Dumper, sort_keys=False, width=10**6, default_flow_style=None)
    parts = re.split(r"(?m)^(\w+):\n", text)[1:]
    return {place: textwrap.dedent(of) for place, of in zip(parts[::2], parts[1::2], strict=True)}


class _Dumper(yaml.SafeDumper):
    """Names anchors after what they stand for, and indents lists as the CRD does."""

    anchor_names: dict[int, str]

    def generate_anchor(self, node: yaml.Node) -> str:
        (of,) = (key for key, made in self.represented_objects.items() if made is node)
        return self.anchor_names[of]

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> Any:  # noqa: ARG002, FBT001, FBT002 - the signature is yaml's
        return super().increase_indent(flow, indentless=False)

    def represent_rule(self, of: Manifest) -> yaml.MappingNode:
        """A rule and its message, one line each, as those that are written by hand."""
        node: yaml.MappingNode = self.represent_mapping("tag:yaml.org,2002:map", of)
        node.flow_style = False if "rule" in of else node.flow_style
        return node


_Dumper.add_representer(dict, _Dumper.represent_rule)


def _without_null(value: Any) -> Any:
    """OpenAPI lets null stand for a field that is not there; a structural schema does anyway."""
    return value[0] if isinstance(value, list) and value[-1] == "null" else copy.copy(value)


def _ordered(node: Manifest) -> Manifest:
    """What a person reads first comes first."""
    rest = [name for name in node if name not in (*_ORDER, *_LAST)]
    return {name: node[name] for name in (*_ORDER, *rest, *_LAST) if name in node}
