"""The pages hold together: links, commands, manifests, alerts with their runbooks, and style."""

import json
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import kubernetes_validate
import pytest

from billing_dev.crd import crd, schema
from billing_dev.render.reference import REFERENCE
from billing_dev.tree import ROOT, files
from billing_operator import __version__
from billing_operator.commands.schema import mistakes
from support.documents.outputs import Output
from support.documents.pages import (
    DOCS,
    Block,
    blocks,
    broken_links,
    documents,
    name,
    pages,
    prose,
    yaml_documents,
)

MONITOR = DOCS / "how-to/monitor.md"
RUNBOOKS = DOCS / "runbooks"
CONTRIBUTING = ROOT / "CONTRIBUTING.md"
OPERATOR = ROOT / "operator/src/billing_operator"
PAYMENT = ROOT / "payment/src/payment_service"
NEWEST = "1.37"
MOST_BYTES = 25_000
SEMICOLONS_PER_1000_WORDS = 2
# Kinds of others, whose schemas are not Kubernetes' own.
FOREIGN = {"kustomize.config.k8s.io/v1beta1", "monitoring.coreos.com/v1"}
OURS = f"{crd()['spec']['group']}/{crd()['spec']['versions'][0]['name']}"
PAGES = pytest.mark.parametrize("page", pages(), ids=name)


def test_every_relative_link_leads_somewhere() -> None:
    assert [fault for document in documents() for fault in broken_links(document)] == []


def test_a_broken_link_is_found(tmp_path: Path) -> None:
    (tmp_path / "there.md").write_text("# What it's for\n\n```sh\n# no heading\n```\n")
    document = tmp_path / "a.md"
    for target in ("there.md", "there.md#what-its-for", "https://example.com/x"):
        document.write_text(f"[text]({target})")
        assert list(broken_links(document)) == []
    for target in ("gone.md", "there.md#no-heading", "#nowhere"):
        document.write_text(f"[text]({target})")
        assert list(broken_links(document)) == [f"a.md: {target}"]


def test_every_page_that_a_program_names_is_there() -> None:
    named = {
        (file.name, page)
        for file in files()
        if file.suffix != ".md" and not file.is_relative_to(ROOT / "tests")
        for page in re.findall(r"\bdocs/[\w/-]+\.md", file.read_bytes().decode(errors="ignore"))
    }

    assert "docs/how-to/local.md" in {page for _, page in named}
    assert [each for each in named if not (ROOT / each[1]).exists()] == []


@PAGES
def test_a_page_is_short_enough_to_be_read(page: Path) -> None:
    # The rendered reference is to be searched, not to be read; it has a limit of its own.
    assert len(page.read_bytes()) < MOST_BYTES or page == REFERENCE


def test_one_sentence_has_one_thought() -> None:
    texts = {name(page): prose(page) for page in documents()}
    words = sum(len(text.split()) for text in texts.values())
    found = {page: text.count(";") for page, text in texts.items() if ";" in text}

    # The messages of rules stand in the rendered reference as the API server prints them.
    assert found.keys() <= {name(REFERENCE)}
    assert sum(found.values()) < SEMICOLONS_PER_1000_WORDS * words / 1000


@pytest.mark.parametrize(
    ("heading", "package"),
    [("`operator/src/billing_operator/`", OPERATOR), ("`payment/src/payment_service/`", PAYMENT)],
    ids=["the operator", "payment"],
)
def test_the_map_of_the_code_has_every_folder_and_no_other(heading: str, package: Path) -> None:
    (table,) = re.findall(rf"(?ms)^### {re.escape(heading)}$(.*?)(?=^##)", CONTRIBUTING.read_text())
    rows = re.findall(r"^\| (`.*?) \|", table, re.MULTILINE)
    listed = {name.strip("/") for row in rows for name in re.findall(r"`([^`]+)`", row)}

    inside = (each for each in package.iterdir() if not each.name.startswith(("__init__", "__py")))
    known = {each.name for each in inside if each.is_dir() or each.suffix == ".py"}
    assert {name.removesuffix(".py") for name in listed} == {
        name.removesuffix(".py") for name in known
    }


@pytest.mark.parametrize("folder", ["how-to", "reference", "runbooks"])
def test_every_page_of_a_folder_stands_in_its_list(folder: str) -> None:
    index = (DOCS / folder / "README.md").read_text()
    listed = set(re.findall(r"\]\(([\w-]+\.md)", index))

    assert listed == {page.name for page in (DOCS / folder).glob("*.md")} - {"README.md"}


@pytest.mark.parametrize("page", sorted((DOCS / "how-to").glob("[a-z]*.md")), ids=name)
def test_a_how_to_says_what_one_gets_what_it_costs_and_the_way_back(page: Path) -> None:
    text = page.read_text()
    assert "**What you get:**" in text
    for heading in ("See that it worked", "What it costs", "Undo"):
        assert re.search(rf"^##+ {heading}$", text, re.MULTILINE), heading


@PAGES
def test_commands_are_such_that_a_shell_can_read(page: Path) -> None:
    for block in blocks(page, "sh"):
        read = subprocess.run(
            ["bash", "-n"], input=block.text, capture_output=True, text=True, check=False
        )
        assert read.returncode == 0, f"{block.text}\n{read.stderr}"


@PAGES
def test_a_block_that_cannot_be_run_says_why(page: Path) -> None:
    for block in blocks(page, "sh"):
        assert block.info in ("sh", "sh no-run"), block.info
        if block.info == "sh no-run":
            assert re.fullmatch(r"[^#|].*[:.]", block.before), block.text


@PAGES
def test_an_output_says_of_which_command_it_is(page: Path) -> None:
    for block in blocks(page, "text", "console"):
        assert Output.named(block.before), block.text


@PAGES
def test_commands_are_right_for_more_than_one_replica(page: Path) -> None:
    for block in blocks(page, "sh"):
        for command in joined(block).splitlines():
            assert "PYTHONPATH" not in command
            # The Job of a run has one pod, and never another in its place.
            if "kubectl logs" in command and " job/" not in command:
                assert {"-l", "--tail"} <= set(re.split(r"[ =]", command)), command
            if "part=payment" in command and "kubectl logs" in command:
                assert "--max-log-requests=" in command, command


def joined(block: Block) -> str:
    """With the lines put together that a backslash ends."""
    return block.text.replace("\\\n", " ")


def test_every_manifest_is_one_that_kubernetes_knows() -> None:
    shown = [each for page in pages() for each in yaml_documents(page) if "kind" in each]
    others = [each for each in shown if each["apiVersion"] not in FOREIGN]

    assert {each["kind"] for each in others} >= {"NetworkPolicy", "PodDisruptionBudget"}
    for manifest in others:
        if manifest["kind"] == "BillingStack":
            assert manifest["apiVersion"] == OURS
        else:
            kubernetes_validate.validate(manifest, NEWEST, strict=True)


@PAGES
def test_every_stack_and_every_patch_is_one_that_the_schema_takes(page: Path) -> None:
    shown = [each for each in yaml_documents(page) if is_of_a_stack(each)]
    shown += [patch for block in blocks(page, "sh") for patch in patches(block)]

    for stack in shown:
        spec = without_null({"spec": stack["spec"]})
        assert list(mistakes(spec, schema())) == [], stack


def is_of_a_stack(document: dict[str, Any]) -> bool:
    return document.get("kind") == "BillingStack" or set(document) == {"spec"}


def patches(block: Block) -> Iterator[dict[str, Any]]:
    """What its commands patch stacks with, but for what a shell is to fill in."""
    for patch in re.findall(r"kubectl patch bst [^']*?-p '([^']*)'", joined(block)):
        yield json.loads(patch)


def without_null(value: Any) -> Any:
    # A merge patch removes such a field.
    if isinstance(value, dict):
        return {key: without_null(of) for key, of in value.items() if of is not None}
    return value


def test_a_patch_of_an_unknown_field_is_found(tmp_path: Path) -> None:
    page = tmp_path / "a.md"
    page.write_text('```sh\nkubectl patch bst a \\\n  -p \'{"spec": {"typo": 1}}\'\n```\n')
    (patch,) = patches(blocks(page, "sh")[0])

    assert list(mistakes(patch, schema())) != []


def alerts() -> dict[str, dict[str, Any]]:
    """The alerts of the page by their names."""
    (rule,) = (one for one in yaml_documents(MONITOR) if one.get("kind") == "PrometheusRule")
    return {each["alert"]: each for group in rule["spec"]["groups"] for each in group["rules"]}


def test_every_alert_has_a_runbook_and_every_runbook_an_alert() -> None:
    runbooks = {page.stem for page in RUNBOOKS.glob("*.md")} - {"README"}

    assert set(alerts()) == runbooks
    for alert, rule in alerts().items():
        page = f"docs/runbooks/{alert}.md"
        assert rule["annotations"]["runbook_url"].endswith(f"/v{__version__}/{page}")
        assert (ROOT / page).read_text().startswith(f"# {alert}\n")


def test_pages_speak_of_this_version() -> None:
    text = "".join(page.read_text() for page in pages())

    # Tags of Git, and of our own images.
    assert set(re.findall(r"\?ref=v([\w.]+)", text)) == {__version__}
    assert set(re.findall(r'billing-\w+, newTag: "(.+?)"', text)) <= {__version__}
    # A tag of twelve hexadecimal digits names the content of an image that the demo built.
    of_images = set(re.findall(r"billing-(?:operator|payment):(\d[\w.]*)", text))
    assert {tag for tag in of_images if not re.fullmatch("[0-9a-f]{12}", tag)} <= {__version__}
