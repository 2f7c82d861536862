"""billing-operator render: what would be applied, and what is wrong with what was given."""

import io
import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from billing_dev.tree import ROOT
from billing_operator.__main__ import main
from billing_operator.commands.render import Renderer, Unrenderable
from billing_operator.kinds import Manifest
from support.operator.builders import ANTAEUS_IMAGE, PAYMENT_IMAGE, a_body, an_installation

MINIMAL = ROOT / "deploy/samples/minimal.yaml"


def rendered(*bodies: Manifest) -> str:
    texts = [(f"{number}.yaml", json.dumps(body)) for number, body in enumerate(bodies)]
    return Renderer(an_installation()).rendered(texts)


def children(text: str) -> dict[str, Manifest]:
    return {f"{each['kind']} {each['metadata']['name']}": each for each in yaml.safe_load_all(text)}


def faults(*bodies: Manifest) -> list[str]:
    with pytest.raises(Unrenderable) as caught:
        rendered(*bodies)
    return str(caught.value).splitlines()


@pytest.fixture(autouse=True)
def _no_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("ANTAEUS_IMAGE", "PAYMENT_IMAGE", "OPERATOR_NAMESPACE"):
        monkeypatch.delenv(f"BILLING_{name}", raising=False)


def command(*words: str, monkeypatch: pytest.MonkeyPatch, stdin: str = "") -> str:
    out = io.StringIO()
    monkeypatch.setattr("sys.argv", ["billing-operator", "render", *words])
    monkeypatch.setattr("sys.stdin", io.StringIO(stdin))
    monkeypatch.setattr("sys.stdout", out)
    main()
    return out.getvalue()


def test_all_children_of_all_stacks_are_shown_and_no_secret() -> None:
    text = rendered(a_body(), a_body("other"))
    names = children(text)

    assert {"Deployment shop-antaeus", "Deployment other-payment"} <= set(names)
    assert not [name for name in names if name.startswith("Secret")]
    assert "# Secret shop-token is made once besides, and not shown." in text


def test_a_secret_of_the_users_is_named() -> None:
    text = rendered(a_body(token={"secretRef": {"name": "vault"}}))

    assert "# Its token comes from Secret vault, a user's; key token must be there." in text


def test_that_a_suspended_stack_is_not_written_is_said() -> None:
    assert "none of it is written" in rendered(a_body(suspend=True))
    assert "none of it is written" not in rendered(a_body())


def test_an_uid_that_is_known_is_used_and_another_stood_in_for() -> None:
    known, unknown = a_body("known", uid="4-2"), a_body("unknown")
    del unknown["metadata"]["uid"]
    shown = children(rendered(known, unknown))

    owners = {
        name: shown[f"Service {name}-antaeus"]["metadata"]["ownerReferences"][0]["uid"]
        for name in ("known", "unknown")
    }
    assert owners == {"known": "4-2", "unknown": "0-0-0"}


def test_every_mistake_of_every_file_is_told_with_document_and_field() -> None:
    told = faults(
        a_body(payment={"replicas": -1, "sucessRate": 1}, antaeus={"replicas": 2}),
        a_body(annotations={"a": 1}),  # type: ignore[dict-item]
        {**a_body(), "metadata": {}},
        {**a_body(), "spce": {}},
        {"kind": "Service"},
    )

    assert told == [
        "4.yaml: no BillingStack of apiVersion billing.antaeus.io/v1beta1 is in it",
        "0.yaml: document 1: spec.antaeus.replicas: 2 is more than 1",
        "0.yaml: document 1: spec.payment.replicas: -1 is less than 0",
        "0.yaml: document 1: spec.payment.sucessRate: there is no such field; successRate is one",
        "1.yaml: document 1: metadata.annotations.a: 1 is not text; write it in quotes",
        "2.yaml: document 1: metadata.name: is missing",
        "3.yaml: document 1: spce: there is no such field; spec is one",
    ]


@pytest.mark.parametrize(
    "spec",
    [None, {}, {"antaeus": None, "payment": {"successRate": None}}],
    ids=["a null spec", "an empty spec", "null fields"],
)
def test_what_is_null_is_as_if_it_were_not_there(spec: Manifest | None) -> None:
    assert rendered({**a_body(), "spec": spec}) == rendered(a_body())


def test_images_come_from_options_then_from_the_environment(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("BILLING_ANTAEUS_IMAGE", "antaeus:env")
    monkeypatch.setenv("BILLING_PAYMENT_IMAGE", "payment:env")
    text = command(str(MINIMAL), "--payment-image", "payment:option", monkeypatch=monkeypatch)

    assert images(text) == {"antaeus:env", "payment:option"}


def test_a_stack_that_names_its_images_needs_no_default() -> None:
    body = a_body(antaeus={"image": "a:1"}, payment={"image": "p:1"})
    text = Renderer(an_installation("", "")).rendered([("a.yaml", json.dumps(body))])

    assert images(text) == {"a:1", "p:1"}


def images(text: str) -> set[str]:
    shown = [each for name, each in children(text).items() if name.startswith("Deployment")]
    return {each["spec"]["template"]["spec"]["containers"][0]["image"] for each in shown}


def test_an_image_that_nobody_named_is_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(SystemExit) as caught:
        command(str(MINIMAL), "--antaeus-image", "a", monkeypatch=monkeypatch)

    assert str(caught.value).endswith(
        "document 1: spec.payment.image: is missing, and no default was given; set it, or "
        "--payment-image, or BILLING_PAYMENT_IMAGE"
    )


def test_it_reads_standard_input_and_puts_stacks_into_the_namespace_given(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    words = ("-", "-n", "shops", "--antaeus-image", ANTAEUS_IMAGE, "--payment-image", PAYMENT_IMAGE)
    text = command(*words, stdin=MINIMAL.read_text(), monkeypatch=monkeypatch)

    assert text.startswith("# standard input: document 1: BillingStack shops/minimal\n")
    assert {each["metadata"]["namespace"] for each in children(text).values()} == {"shops"}


@pytest.mark.parametrize("content", [None, b"\xff\xfe\xff"])
def test_a_file_that_can_not_be_read_ends_it_with_one_line(
    content: bytes | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "a.yaml"
    if content:
        file.write_bytes(content)
    with pytest.raises(SystemExit) as caught:
        command(str(file), monkeypatch=monkeypatch)

    assert "\n" not in str(caught.value)
    assert "a.yaml" in str(caught.value)


def test_what_is_printed_does_not_depend_on_the_order_of_a_users_fields() -> None:
    spec: dict[str, Any] = {"payment": {"seed": 1, "successRate": 1}, "suspend": False}
    other: dict[str, Any] = {"suspend": False, "payment": {"successRate": 1, "seed": 1}}

    assert rendered(a_body(**spec)) == rendered(a_body(**other))


def test_a_name_with_line_breaks_makes_no_document_of_its_own() -> None:
    texts = [("a\nkind: Secret\u2028.yaml", json.dumps(a_body("shop\n---\nkind: Secret")))]
    text = Renderer(an_installation()).rendered(texts)

    assert text.startswith(
        r"# a\nkind: Secret\u2028.yaml: document 1: BillingStack payments/shop\n---"
    )
    assert "Secret" not in {each["kind"] for each in yaml.safe_load_all(text)}


def test_a_mistake_is_one_line_whatever_it_repeats() -> None:
    body = a_body()
    body["spec"]["x\x1b[31m\nforged"] = 1

    (fault,) = faults(body)
    assert r"spec.x\x1b[31m\nforged: there is no such field" in fault
