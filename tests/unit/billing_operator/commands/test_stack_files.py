"""Stacks are found in files as people write them."""

import json

import pytest

from billing_operator.commands.stack_files import Unreadable, stacks_of
from support.operator.builders import a_body


def test_a_stack_is_found_among_other_documents_with_its_place() -> None:
    text = "---\nkind: Namespace\n---\n" + json.dumps(a_body()) + "\n---\n"
    (found,) = stacks_of("a.yaml", text)

    assert (found.where, found.body["metadata"]["name"]) == ("a.yaml: document 2", "shop")


def test_what_kubectl_get_prints_is_read_without_the_status_of_then() -> None:
    items = [a_body(), a_body("other", status={"token": {"lastHandledRenew": "1"}})]
    found = stacks_of("a.json", json.dumps({"kind": "List", "items": items}))

    assert [each.where for each in found] == [
        "a.json: document 1, item 1",
        "a.json: document 1, item 2",
    ]
    assert all("status" not in each.body for each in found)


def test_a_date_stays_the_text_that_kubernetes_reads() -> None:
    head = "apiVersion: billing.antaeus.io/v1beta1\nkind: BillingStack\n"
    (found,) = stacks_of("a.yaml", head + "spec: {on: 2025-01-01}\n")

    assert "2025-01-01" in found.body["spec"].values()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "a.yaml: no BillingStack of apiVersion billing.antaeus.io/v1beta1 is in it"),
        ("kind: BillingStack\napiVersion: billing.antaeus.io/v2\n", "a.yaml: no BillingStack"),
        ("- a\n", "a.yaml: no BillingStack"),
        ("a: [1\nb: 2\n", "a.yaml: line 2: "),
        ("a: !!python/object:os.system 1", "a.yaml: line 1: could not determine a constructor"),
    ],
)
def test_what_holds_no_stack_is_named(text: str, said: str) -> None:
    with pytest.raises(Unreadable) as caught:
        stacks_of("a.yaml", text)

    assert str(caught.value).startswith(said)
