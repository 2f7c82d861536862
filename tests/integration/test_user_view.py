"""What kubectl shows a user of a stack, and what it lets a script wait for."""

import pytest

from billing_dev.clients.kube import KubectlError
from billing_dev.eventually import eventually
from billing_operator.kinds import Manifest
from support.cluster.final_checks import assert_settled
from support.cluster.limits import NOTICED
from support.cluster.workspace import Workspace

_BAD_IMAGE = "localhost/no-such-image:1"
# As the API server publishes it, for kubectl explain and everybody else.
_SCHEMA = "/openapi/v3/apis/billing.antaeus.io/v1beta1"
_KIND = "io.antaeus.billing.v1beta1.BillingStack"


def test_waiting_for_ready_passes_on_a_good_stack_and_never_on_an_old_condition(
    workspace: Workspace,
) -> None:
    """By kubectl wait, also where nobody has looked at the change yet."""
    with workspace.operator():
        workspace.apply("shop")
        _wait_for_ready(workspace, seconds=120)
    lives = workspace.antaeus_instances("shop")

    # The condition that is still stored says Ready, and speaks of the spec before.
    workspace.apply("shop", {"payment": {"image": _BAD_IMAGE}})
    with pytest.raises(KubectlError, match="timed out"):
        _wait_for_ready(workspace, seconds=1)

    with workspace.operator() as operator:
        with pytest.raises(KubectlError, match="timed out"):
            _wait_for_ready(workspace, seconds=3)
        workspace.apply("shop")
        _wait_for_ready(workspace, seconds=120)
        assert_settled(workspace, operator, "shop", lives=lives)


def test_the_columns_tell_how_a_stack_is_and_what_is_paid(workspace: Workspace) -> None:
    with workspace.operator():
        workspace.apply("shop", {"payment": {"replicas": 2, "successRate": 0.7}})
        workspace.until_complete("shop")

    header, *rows = workspace.kube("get", "bst", "-A").splitlines()

    names = "NAMESPACE NAME READY BILLING REASON SUCCESS PAYMENT PAID PENDING AGE"
    assert header.split() == names.split()
    [row] = [row.split() for row in rows if row.startswith(workspace.namespace)]
    invoices = workspace.read("shop")["status"]["invoices"]
    counts = [str(invoices[state]) for state in ("paid", "pending")]
    assert row[1:-1] == ["shop", "True", "True", "AllReady", "0.7", "2/2", *counts]
    wide = workspace.kube("get", "bst", "shop", "-n", workspace.namespace, "-o", "wide")
    assert workspace.images.antaeus in wide
    assert workspace.images.payment in wide


def test_explain_lists_every_field_and_each_has_a_description(workspace: Workspace) -> None:
    published = eventually(lambda: workspace.api.get(_SCHEMA), within=NOTICED)
    properties = published["components"]["schemas"][_KIND]["properties"]
    fields = {
        path: field
        for part in ("spec", "status")
        for path, field in _fields(properties[part], f"{part}")
    }
    assert len(fields) > 60

    assert [path for path, field in fields.items() if not field.get("description")] == []
    told = workspace.kube("explain", "bst.spec", "--recursive")
    of_spec = {path.rpartition(".")[2] for path in fields if path.startswith("spec.")}
    assert {name for name in of_spec if f"{name}\t" not in told} == set()
    assert "Probability" in workspace.kube("explain", "bst.spec.payment.successRate")


def _wait_for_ready(workspace: Workspace, *, seconds: int) -> None:
    condition = ("--for=condition=Ready", "billingstack/shop", f"--timeout={seconds}s")
    workspace.kube("-n", workspace.namespace, "wait", *condition)


def _fields(schema: Manifest, path: str) -> list[tuple[str, Manifest]]:
    """All fields below a schema, by their path, branches and leaves."""
    inner = schema.get("items", schema)
    found = []
    for name, field in inner.get("properties", {}).items():
        found += [(f"{path}.{name}", field), *_fields(field, f"{path}.{name}")]
    return found
