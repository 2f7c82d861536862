"""BillingStacks as people write them into files: found among other documents, with their place."""

from collections.abc import Iterator
from typing import Any, NamedTuple

import yaml

from billing_operator.kinds import BILLING_STACK, Manifest


class Unreadable(Exception):
    """A text that holds no BillingStack, or is no YAML; the message says where."""


class Found(NamedTuple):
    """A BillingStack, and where it stands in what was read."""

    where: str
    body: Manifest


class _Loader(yaml.SafeLoader):
    """Leaves dates as the texts that they are to Kubernetes."""


_Loader.yaml_implicit_resolvers = {
    first: [(tag, form) for tag, form in forms if tag != "tag:yaml.org,2002:timestamp"]
    for first, forms in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


def stacks_of(name: str, text: str) -> list[Found]:
    """The stacks of a text, also those of a List as kubectl get prints one.

    Raises:
        Unreadable: it is no YAML, or has no stack of this version.
    """
    try:
        documents = list(yaml.load_all(text, Loader=_Loader))
    except yaml.YAMLError as error:
        mark, problem = getattr(error, "problem_mark", None), getattr(error, "problem", error)
        line = f"line {mark.line + 1}: " if mark else ""
        raise Unreadable(f"{name}: {line}{problem}") from error
    stacks: list[Found] = []
    for number, document in enumerate(documents, start=1):
        stacks += _within(f"{name}: document {number}", document)
    if not stacks:
        raise Unreadable(
            f"{name}: no {BILLING_STACK.name} of apiVersion {BILLING_STACK.api_version} is in it"
        )
    return stacks


def _within(where: str, document: Any) -> Iterator[Found]:
    if not isinstance(document, dict):
        return
    if document.get("kind") == "List" and isinstance(document.get("items"), list):
        for number, item in enumerate(document["items"], start=1):
            yield from _within(f"{where}, item {number}", item)
    kind = document.get("apiVersion"), document.get("kind")
    if kind == (BILLING_STACK.api_version, BILLING_STACK.name):
        # What was is of no concern to what should be.
        yield Found(where, {n: v for n, v in document.items() if n != "status"})
