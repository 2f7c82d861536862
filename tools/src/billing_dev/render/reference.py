"""Renders the reference of the custom resource, docs/reference/billingstack.md, out of its schema.

It has our own fields. What is copied from Kubernetes is one row with a link to Kubernetes' pages.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass

from billing_dev.crd import crd, in_words, nodes, schema
from billing_dev.render.kubernetes_types import OLDEST, PLACES
from billing_dev.tree import ROOT
from billing_operator.kinds import Manifest

REFERENCE = ROOT / "docs/reference/billingstack.md"
# Where each of the fields that are Kubernetes' own is, and the type that it is a field of.
COPIES = {
    f".spec.{part}.{name}": kind
    for part, fields in PLACES.items()
    for name, (kind, _) in fields.items()
}

_HEADER = "<!-- Rendered from crds/billingstacks.yaml; `make render` writes it again. -->"
_COLUMNS = ("field", "type", "default", "limits", "meaning")
_PAGES = f"https://kubernetes.io/docs/reference/generated/kubernetes-api/v{OLDEST}/"
_GROUPS = {
    "PodSpec": "core",
    "Container": "core",
    "NetworkPolicyIngressRule": "networking-k8s-io",
    "NetworkPolicySpec": "networking-k8s-io",
}


@dataclass(frozen=True, slots=True)
class Field:
    """One node of the schema, where it is, and whether it may be left out."""

    path: str
    node: Manifest
    required: bool


def reference() -> str:
    """The whole document, for a schema with one version."""
    spec = schema()["properties"]["spec"]
    parts = [name for name, node in spec["properties"].items() if "properties" in node]
    places = [".spec", *(f".spec.{part}" for part in parts), ".status"]
    return "\n".join([_head(), _printed(), *(_section(at, places) for at in places)])


def fields() -> list[Field]:
    """What a person may read or write: the fields of spec and status, and of what is in them.

    A field that is a copy of one of Kubernetes' is among them, what is in it is not.
    """
    fields = dict(nodes(schema()))
    return [
        Field(path, node, _is_required(path, fields))
        for path, node in fields.items()
        if path.startswith((".spec", ".status"))
        and not _is_only_a_step(path, node)
        and not is_in_a_copy(path)
    ]


def is_in_a_copy(path: str) -> bool:
    """Whether it is a part of a field that is Kubernetes' own, which their pages explain."""
    return path.startswith(tuple(f"{copy}{mark}" for copy in COPIES for mark in (".", "[", "{")))


def _is_required(path: str, fields: dict[str, Manifest]) -> bool:
    parent, _, name = path.rpartition(".")
    return name in fields[parent].get("required", ())


def _is_only_a_step(path: str, node: Manifest) -> bool:
    # An item that has fields of its own is described by the list that it is in.
    return path.endswith(("[]", "{}")) and "properties" in node


def _head() -> str:
    spec = crd()["spec"]
    names, version = spec["names"], spec["versions"][0]
    short = ", ".join(f"`{name}`" for name in names["shortNames"])
    scale = version["subresources"]["scale"]
    return f"""\
# {names["kind"]}: reference

{_HEADER}

{schema()["description"]}

`apiVersion: {spec["group"]}/{version["name"]}`, `kind: {names["kind"]}`, \
{spec["scope"].lower()}, short name {short}, also listed by `kubectl get {names["categories"][0]}`.
Subresources: `status`, and `scale`, which reads and writes `{scale["specReplicasPath"]}`.

In a field's path, `[]` is an item of a list and `{{}}` a value of a map. The API server refuses
what breaks a limit or a rule, and fills in the defaults when it stores the stack. A field whose
type is a link is Kubernetes' own. It is written as in that type, and \
`kubectl explain {names["shortNames"][0]}.spec --recursive` lists what is in it.

Amounts of money are decimal strings, because a double can't hold 999999999999999.99. `successRate`,
`rate`, percentages and seconds are numbers. A person chooses them and nothing adds them up, so the
rounding of a double does no harm, and 1, 1.0 and 0.1 stay what they are.
{_rules("")}"""


def _printed() -> str:
    columns: list[tuple[str, ...]] = [
        (
            column["name"],
            f"`{column['jsonPath']}`",
            "with `-o wide`" if column.get("priority") else "always",
            column["description"],
        )
        for column in crd()["spec"]["versions"][0]["additionalPrinterColumns"]
    ]
    return "## Columns of `kubectl get`\n\n" + _table(
        ("column", "reads", "shown", "meaning"), columns
    )


def _section(at: str, places: list[str]) -> str:
    """What is at a path and below it, but for what is below another of the places."""
    elsewhere = tuple(f"{place}." for place in places if place.startswith(f"{at}."))
    rows = [
        _row(field, at, linked=field.path in places)
        for field in fields()
        if field.path.startswith(f"{at}.") and not field.path.startswith(elsewhere)
    ]
    described = dict(nodes(schema()))[at]["description"]
    rules = "" if elsewhere else _rules(at)
    return f"## {at.removeprefix('.')}\n\n{described}\n\n{_table(_COLUMNS, rows)}{rules}"


def _row(field: Field, at: str, *, linked: bool) -> tuple[str, ...]:
    name = f"`{field.path.removeprefix(f'{at}.')}`"
    anchor = field.path.replace(".", "").lower()
    default = "required" if field.required else ""
    if "default" in field.node:
        default = f"`{json.dumps(field.node['default'])}`"
    return (
        f"[{name}](#{anchor})" if linked else name,
        _type(field),
        default,
        ", ".join(_limits(field.node)),
        # Columns of their own have the range and the default.
        field.node.get("description", "").removesuffix(in_words(field.node)).rstrip(),
    )


def _type(field: Field) -> str:
    node = field.node
    if kind := COPIES.get(field.path):
        return f"[{kind}]({_PAGES}#{kind.lower()}-v1-{_GROUPS[kind]})"
    if node.get("x-kubernetes-int-or-string"):
        return "integer or string"
    if "items" in node:
        return "list"
    if "additionalProperties" in node:
        return "map"
    form = node.get("format")
    return f"{node['type']} ({form})" if form else str(node["type"])


def _limits(node: Manifest) -> Iterator[str]:
    if "enum" in node:
        values = (v if isinstance(v, str) else json.dumps(v) for v in node["enum"])
        yield "one of " + ", ".join(f"`{value}`" for value in values)
    if node.get("exclusiveMinimum"):
        yield f"above {node['minimum']}"
        yield from _range(node, "", "maximum", "")
    else:
        yield from _range(node, "minimum", "maximum", "")
    yield from _range(node, "minLength", "maxLength", " characters")
    yield from _range(node, "minItems", "maxItems", " items")
    yield from _range(node, "minProperties", "maxProperties", " entries")
    if keys := node.get("x-kubernetes-list-map-keys"):
        yield "one item for each " + " and ".join(f"`{key}`" for key in keys)
    if "pattern" in node:
        yield f"matching `{node['pattern']}`"


def _range(node: Manifest, least: str, most: str, of: str) -> Iterator[str]:
    if least in node and most in node:
        yield f"{node[least]} to {node[most]}{of}"
    elif least in node:
        yield f"at least {node[least]}{of}"
    elif most in node:
        yield f"at most {node[most]}{of}"


def _rules(at: str) -> str:
    """The rules of what is at a path and below, each once; of the whole only its own."""
    rules = dict.fromkeys(
        f"- {rule['message']}\n\n  `{rule['rule']}`\n"
        for path, node in nodes(schema())
        if path == at or (at and path.startswith((f"{at}.", f"{at}[")))
        if not is_in_a_copy(path)
        for rule in node.get("x-kubernetes-validations", ())
    )
    lines = list(rules)
    head = "\nRules, each with the message that names its breach:\n"
    return "\n".join([head, *lines]) if lines else ""


def _table(head: tuple[str, ...], rows: list[tuple[str, ...]]) -> str:
    lines = [head, ("---",) * len(head), *rows]
    return "".join(f"| {' | '.join(map(_cell, line))} |\n" for line in lines)


def _cell(text: str) -> str:
    # A bar would end the cell, in code too.
    return text.replace("|", "\\|")
