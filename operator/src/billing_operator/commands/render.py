"""billing-operator render: shows what would be applied for BillingStacks, without a cluster.

The schema in this package fills in defaults and finds mistakes, as the API server does.
"""

import argparse
import functools
import importlib.resources
import sys
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import yaml

from billing_operator import __version__
from billing_operator.commands.schema import defaulted, mistakes
from billing_operator.commands.stack_files import Found, Unreadable, stacks_of
from billing_operator.desired import antaeus, desired
from billing_operator.escapes import escaped
from billing_operator.inputs import Installation, Token
from billing_operator.kinds import Manifest
from billing_operator.names import TOKEN_KEY, token_secret_name
from billing_operator.spec.stack import Stack

# They stand for what only a cluster gives.
_UID = "0-0-0"
_TOKEN_ID = "token-id"
_TEXTS: Manifest = {"type": "object", "additionalProperties": {"type": "string"}}
_METADATA: Manifest = {
    "type": "object",
    "required": ["name"],
    "properties": {
        "name": {"type": "string", "minLength": 1},
        "namespace": {"type": "string", "minLength": 1},
        "uid": {"type": "string"},
        "generation": {"type": "integer"},
        "annotations": _TEXTS,
        "labels": _TEXTS,
    },
    "additionalProperties": {},
}
_OPTIONS = {
    "antaeus_image": ("", "image of Antaeus for stacks that name none"),
    "payment_image": ("", "image of payment for stacks that name none"),
    "operator_image": ("billing-operator", "image of the operator, in which billing runs are made"),
    "operator_namespace": ("billing-system", "where the operator runs"),
}


class _Plain(yaml.SafeDumper):
    """Writes no anchors, and longer texts as blocks."""

    def ignore_aliases(self, data: object) -> bool:  # noqa: ARG002 - the signature is yaml's
        return True


def _text(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    style = "|" if "\n" in text else None
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)


_Plain.add_representer(str, _text)


class Unrenderable(Exception):
    """The message has a line for each mistake of each file."""


@functools.cache
def schema() -> Manifest:
    """The schema of BillingStacks that this operator was made with."""
    file = importlib.resources.files("billing_operator") / "billingstacks.yaml"
    (version,) = yaml.load(file.read_bytes(), Loader=yaml.CSafeLoader)["spec"]["versions"]
    made: Manifest = version["schema"]["openAPIV3Schema"]
    return made


@dataclass(frozen=True, slots=True)
class Renderer:
    """Renders stacks as one installation of the operator would apply them.

    Attributes:
        installation: an image that is empty here must be named by each stack.
        namespace: of stacks that name none.
    """

    installation: Installation
    namespace: str = "default"

    def rendered(self, texts: Iterable[tuple[str, str]]) -> str:
        """All that is made of the stacks in some texts, each of which has a name, as YAML.

        Raises:
            Unrenderable: one or more of them have mistakes.
        """
        stacks: list[Found] = []
        wrong: list[str] = []
        for name, text in texts:
            try:
                stacks += stacks_of(name, text)
            except Unreadable as error:
                wrong.append(str(error))
        wrong += [f"{each.where}: {fault}" for each in stacks for fault in self._faults(each.body)]
        if wrong:
            raise Unrenderable("\n".join(map(escaped, wrong)))
        return "---\n".join(map(self._stack, stacks))

    def children(self, stack: Stack) -> list[Manifest]:
        """What is applied for one stack, in this order; its Secret is not among it."""
        own = stack.secret_ref
        token = Token(token_secret_name(stack.name), TOKEN_KEY, id=_TOKEN_ID, generated=own is None)
        template = antaeus.template(stack, token, self.installation)
        groups = desired(stack, token, self.installation, antaeus_template=template)
        return [manifest for group in groups for manifest in group]

    def _stack(self, document: Found) -> str:
        metadata = {"namespace": self.namespace, "uid": _UID, **document.body["metadata"]}
        stack = Stack.from_body(defaulted({**document.body, "metadata": metadata}, schema()))
        comments = "".join(f"# {escaped(line)}\n" for line in _comments(document.where, stack))
        documents = self.children(stack)
        return comments + yaml.dump_all(documents, Dumper=_Plain, sort_keys=False, width=100)

    def _faults(self, body: Manifest) -> Iterator[str]:
        seen = list(mistakes(body.get("metadata") or {}, _METADATA, "metadata"))
        # The schema leaves metadata to the API server, and has no field below it.
        seen += mistakes(defaulted(body | {"metadata": {}}, schema()), schema())
        yield from seen
        for part in () if seen else ("antaeus", "payment"):
            named = ((body.get("spec") or {}).get(part) or {}).get("image")
            if not named and not getattr(self.installation, f"{part}_image"):
                yield (
                    f"spec.{part}.image: is missing, and no default was given; set it, or "
                    f"--{part}-image, or BILLING_{part.upper()}_IMAGE"
                )


def _comments(where: str, stack: Stack) -> Iterator[str]:
    yield f"{where}: BillingStack {stack.key}"
    yield f"To read and compare, not to apply: only a cluster gives uid {_UID} and {_TOKEN_ID}."
    name, ref = token_secret_name(stack.name), stack.secret_ref
    yield f"Secret {name} is made once besides, and not shown."
    if ref:
        yield f"Its token comes from Secret {ref.name}, a user's; key {ref.key} must be there."
    if stack.suspend:
        yield "spec.suspend is true: none of it is written while that is so."


def add_to(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Adds the command to those of the program."""
    render = commands.add_parser(
        "render",
        help="show what would be applied for the BillingStacks of a file, without a cluster",
        description="Prints as YAML what would be applied for the BillingStacks of some files. "
        "Rules that compare fields are for the API server: kubectl apply --dry-run=server.",
    )
    render.add_argument("files", nargs="+", metavar="FILE", help="'-' is the standard input")
    render.add_argument(
        "-n", "--namespace", default="default", help="of stacks that name none (default: default)"
    )
    for name, (otherwise, meaning) in _OPTIONS.items():
        default = f" or {otherwise}" if otherwise else ""
        text = f"{meaning} (default: BILLING_{name.upper()}{default})"
        render.add_argument(f"--{name.replace('_', '-')}", metavar="TEXT", help=text)


def run(arguments: argparse.Namespace, environ: Mapping[str, str]) -> None:
    """Prints what is asked for, or ends with all that is wrong."""
    given = {
        name: getattr(arguments, name) or environ.get(f"BILLING_{name.upper()}") or otherwise
        for name, (otherwise, _) in _OPTIONS.items()
    }
    installation = Installation(
        given["operator_namespace"],
        given["antaeus_image"],
        given["payment_image"],
        given["operator_image"],
        version=__version__,
    )
    try:
        texts = [_read(name) for name in arguments.files]
        sys.stdout.write(Renderer(installation, arguments.namespace).rendered(texts))
    except Unrenderable as error:
        sys.exit(str(error))


def _read(name: str) -> tuple[str, str]:
    if name == "-":
        return "standard input", sys.stdin.read()
    try:
        return name, Path(name).read_text(encoding="utf-8")
    except (OSError, UnicodeError) as error:
        raise Unrenderable(escaped(f"{name}: {error}")) from error
