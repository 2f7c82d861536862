"""A file that nobody changed changes nothing, whoever applies it: GitOps tools rest on that."""

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
import yaml

from billing_dev.tree import ROOT
from billing_operator.kinds import BILLING_STACK, Manifest
from support.cluster.workspace import Workspace, a_stack
from support.documents.pages import blocks, pages, yaml_documents

_HEREDOC = re.compile(r"(?ms)<<'YAML'\n(.*?)^YAML$")


def specs() -> list[Manifest]:
    """Of every sample, and of every stack that a page shows, whole or in part."""
    samples = [
        each
        for sample in sorted((ROOT / "deploy/samples").glob("*.yaml"))
        for each in yaml.safe_load_all(sample.read_text())
    ]
    shown = [each for page in pages() for each in yaml_documents(page)]
    typed = [each for page in pages() for block in blocks(page, "sh") for each in typed_in(block)]
    return [each["spec"] for each in (*samples, *shown, *typed) if is_of_a_stack(each)]


def typed_in(block: Any) -> Iterator[Manifest]:
    for text in _HEREDOC.findall(block.text):
        yield from yaml.safe_load_all(text)


def is_of_a_stack(document: Manifest) -> bool:
    return document.get("kind") == BILLING_STACK.name or set(document) == {"spec"}


@pytest.fixture
def file(workspace: Workspace) -> str:
    stacks = [
        a_stack(f"stack-{number}", workspace.namespace, spec) for number, spec in enumerate(specs())
    ]
    assert len(stacks) > 20
    return json.dumps({"apiVersion": "v1", "kind": "List", "items": stacks})


def changed(printed: str) -> list[str]:
    """The lines of kubectl apply for what was not as the file has it."""
    return [line for line in printed.splitlines() if not line.endswith(" unchanged")]


def test_to_apply_a_file_again_changes_nothing(workspace: Workspace, file: str) -> None:
    workspace.kube("apply", "-f", "-", stdin=file)

    assert changed(workspace.kube("apply", "-f", "-", stdin=file)) == []


def test_two_who_apply_the_same_file_do_not_get_into_each_others_way(
    workspace: Workspace, file: str
) -> None:
    for manager in ("first", "second", "first"):
        # A conflict is an error.
        by = ("apply", "--server-side", f"--field-manager={manager}", "-f", "-")
        workspace.kube(*by, stdin=file)
    before = versions(workspace)
    workspace.kube("apply", "--server-side", "--field-manager=first", "-f", "-", stdin=file)

    assert versions(workspace) == before


def versions(workspace: Workspace) -> dict[str, str]:
    """By their names, the version of each stack, which any write changes."""
    found = workspace.api.list(BILLING_STACK, workspace.namespace)
    return {each["metadata"]["name"]: each["metadata"]["resourceVersion"] for each in found}
