"""Renders the fields of spec.payment that are payment's profile, out of payment's own schema.

A schema of Kubernetes knows no references and no alternatives: what is referred to is put in, and
alternatives become rules, beside those that no schema of the profile can say.
"""

import json
from collections.abc import Iterator

import yaml

from billing_dev.crd import in_words
from billing_dev.tree import ROOT
from billing_operator.kinds import Manifest
from billing_operator.spec.payment import PROFILE_PARTS

CRD = ROOT / "crds/billingstacks.yaml"
PROFILE_SCHEMA = ROOT / "payment/profile.schema.json"
MOST_CUSTOMERS = 1000
MOST_CURRENCIES = 200
LARGEST_OF_64_BITS = 2**63 - 1

_INDENT = 20
_BEGIN = "# Rendered from payment/profile.schema.json; `make render` writes these fields again.\n"
_END = "# Until here.\n"
# What both kinds of schema call the same.
_ALIKE = (
    *("type", "format", "description", "enum", "pattern", "minimum", "maximum"),
    *("minLength", "maxLength", "minItems", "maxItems", "required"),
)
_ORDER = (
    *("type", "format", "description", "default", "enum", "pattern", "minimum"),
    *("exclusiveMinimum", "maximum", "minLength", "maxLength", "minItems", "maxItems"),
    *(
        "x-kubernetes-list-type",
        "x-kubernetes-list-map-keys",
        "required",
        "items",
        "properties",
        "x-kubernetes-validations",
    ),
)
_TIMES = (
    "!has(self.from) || !has(self.until) || self.from < self.until",
    "until is not after from: set a later until, or an earlier from",
    ".until",
)
# By the name of a definition: rule, message and the field that is to be changed.
_RULES = {
    "AmountRange": (
        # What is no quantity is refused by its pattern, and needs no second word.
        "!has(self.min) || !has(self.max) || !isQuantity(self.min) || !isQuantity(self.max)"
        " || quantity(self.min).compareTo(quantity(self.max)) <= 0",
        "amount.max is less than amount.min: raise max, or lower min",
        ".max",
    ),
    "AttemptRange": (
        "!has(self.max) || !has(self.min) || self.min <= self.max",
        "attempts.max is less than attempts.min: raise max, or lower min",
        ".max",
    ),
    "UniformLatency": (
        "self.minSeconds <= self.maxSeconds",
        "uniform.maxSeconds is less than minSeconds: raise maxSeconds, or lower minSeconds",
        ".maxSeconds",
    ),
    "PercentilesLatency": (
        "self.points.map(p, p.percent).isSorted() && self.points.map(p, p.seconds).isSorted()"
        " && self.points.all(p, self.points.exists_one(q, q.percent == p.percent))",
        "percentiles.points: percent has to rise from each point to the next, and seconds must not "
        "fall; put them in this order, each percent once",
        ".points",
    ),
    "Rule": _TIMES,
    "FaultEntry": _TIMES,
}
# Of both lists: a document has to fit into a ConfigMap.
_RULES_OF_ENTRIES = (
    (
        "self.map(e, has(e.match) && has(e.match.customers) ? e.match.customers.size() : 0).sum()"
        f" <= {MOST_CUSTOMERS}",
        f"{{list}}: match.customers of all entries together has more than {MOST_CUSTOMERS} ids; "
        "name fewer",
    ),
    (
        "self.map(e, has(e.match) && has(e.match.currencies) ? e.match.currencies.size() : 0).sum()"
        f" <= {MOST_CURRENCIES}",
        f"{{list}}: match.currencies of all entries together has more than {MOST_CURRENCIES} codes;"
        " name fewer",
    ),
)


def fields() -> dict[str, Manifest]:
    """The schema of each part of the profile that a stack has fields for, but rate and seed."""
    document = json.loads(PROFILE_SCHEMA.read_text())
    known = document["$defs"]
    made = {name: _node(document["properties"][name], known) for name in PROFILE_PARTS}
    for name in ("rules", "faults"):
        rules = [_rule(rule, message.format(list=name)) for rule, message in _RULES_OF_ENTRIES]
        made[name] |= {"x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["name"]}
        made[name] = _in_order(made[name] | {"x-kubernetes-validations": rules})
    return made


def crd_text() -> str:
    """The custom resource's file, with these fields as they have to be."""
    before, _, rest = CRD.read_text().partition(_BEGIN)
    _, _, after = rest.partition(_END)
    return before + _BEGIN + _block() + " " * _INDENT + _END + after


class _Dumper(yaml.SafeDumper):
    """Writes no anchors, and lists as the rest of the file has them."""

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:  # noqa: ARG002, FBT001, FBT002 - the signature is yaml's
        super().increase_indent(flow, indentless=False)

    def ignore_aliases(self, data: object) -> bool:  # noqa: ARG002 - the signature is yaml's
        return True


def _block() -> str:
    # A mapping of nothing but scalars stands on one line, which keeps the file readable.
    text = yaml.dump(
        fields(), Dumper=_Dumper, sort_keys=False, width=10**6, default_flow_style=None
    )
    return "".join(f"{' ' * _INDENT}{line}\n" for line in text.splitlines())


def _node(given: Manifest, known: dict[str, Manifest]) -> Manifest:
    name = given.get("$ref", "").rpartition("/")[2]
    whole: Manifest = known.get(name, {}) | given
    made = {key: _number(whole[key]) for key in _ALIKE if key in whole} | _default(whole)
    if "const" in whole:
        made["enum"] = [whole["const"]]
    if "exclusiveMinimum" in whole:
        made |= {"minimum": whole["exclusiveMinimum"], "exclusiveMinimum": True}
    if made.get("maximum") == LARGEST_OF_64_BITS:
        # Kubernetes keeps limits as floats, in which this one would be another.
        made = {key: of for key, of in made.items() if key != "maximum"} | {"format": "int64"}
    if "items" in whole:
        # One owner has the whole list: what stands in it has no name to be told apart by.
        items = _without_defaults(_node(whole["items"], known))
        made |= {"x-kubernetes-list-type": "atomic", "items": items}
    if "properties" in whole:
        members = whole["properties"].items()
        made["properties"] = {member: _node(of, known) for member, of in members}
    if rules := [*_alternatives(name, whole), *_beyond(name)]:
        made["x-kubernetes-validations"] = rules
    if "description" in made:
        made["description"] = f"{made['description']} {in_words(made)}".rstrip()
    return _in_order(made)


def _without_defaults(node: Manifest) -> Manifest:
    """An entry of a list as it is sent, and so it is stored: payment knows its own defaults.

    What was filled in would look like a change to kubectl apply, and to anyone else who applies it.
    """
    made = {key: of for key, of in node.items() if key != "default"}
    if "default" in node:
        text = node["description"].removesuffix(in_words(node))
        default = f"Without it {json.dumps(node['default'])}."
        made["description"] = f"{text}{default} {in_words(made)}".rstrip()
    if "properties" in node:
        members = node["properties"].items()
        made["properties"] = {member: _without_defaults(of) for member, of in members}
    return made


def _in_order(node: Manifest) -> Manifest:
    return {key: node[key] for key in sorted(node, key=_ORDER.index)}


def _default(whole: Manifest) -> Manifest:
    """What is filled in; an empty list, or an object of nothing, would say no more than none."""
    default = whole.get("default")
    if isinstance(default, dict):
        default = {name: of for name, of in default.items() if of is not None}
    return {} if default in (None, {}, []) else {"default": _number(default)}


def _number(value: object) -> object:
    """The value, a number without a point where it can be, as Kubernetes shows it."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _alternatives(name: str, whole: Manifest) -> Iterator[Manifest]:
    part = name[:1].lower() + name[1:]
    if names := [each["required"][0] for each in whole.get("oneOf", ())]:
        given = ", ".join(f"has(self.{each})" for each in names)
        listed = f"{', '.join(names[:-1])} and {names[-1]}"
        yield _rule(
            f"[{given}].exists_one(given, given)",
            f"{part}: there must be exactly one of {listed}; give one, and remove the others",
        )
    if names := [each["required"][0] for each in whole.get("anyOf", ()) if "required" in each]:
        yield _rule(
            " || ".join(f"has(self.{each})" for each in names),
            f"{part}: {' or '.join(names)} is needed; give one of them, or remove {part}",
        )
    for member, (other,) in whole.get("dependentRequired", {}).items():
        yield _rule(
            f"!has(self.{member}) || has(self.{other})",
            f"{part}: {member} means nothing without {other}; give {other}, or remove {member}",
        )


def _beyond(name: str) -> Iterator[Manifest]:
    if name in _RULES:
        rule, message, field = _RULES[name]
        yield _rule(rule, message) | {"fieldPath": field}


def _rule(rule: str, message: str) -> Manifest:
    return {"rule": rule, "message": message}
