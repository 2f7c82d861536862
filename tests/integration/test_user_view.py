"""What kubectl shows a user of a stack, and what it lets a script wait for."""

import pytest

from billing_operator.kinds import Manifest
from support.eventually import eventually
from support.kube import KubectlError
from support.limits import NOTICED
from support.master import assert_settled
from support.scene import Scene

_BAD_IMAGE = "localhost/no-such-image:1"
# As the API server publishes it, for kubectl explain and everybody else.
_SCHEMA = "/openapi/v3/apis/billing.antaeus.io/v1"
_KIND = "io.antaeus.billing.v1.BillingStack"


def test_waiting_for_ready_passes_on_a_good_stack_and_never_on_an_old_condition(
    scene: Scene,
) -> None:
    """By kubectl wait, also where nobody has looked at the change yet."""
    with scene.operator():
        scene.apply("shop")
        _wait_for_ready(scene, seconds=120)
    lives = scene.antaeus_lives("shop")

    # The condition that is still stored says Ready, and speaks of the spec before.
    scene.apply("shop", {"payment": {"image": _BAD_IMAGE}})
    with pytest.raises(KubectlError, match="timed out"):
        _wait_for_ready(scene, seconds=1)

    with scene.operator() as operator:
        with pytest.raises(KubectlError, match="timed out"):
            _wait_for_ready(scene, seconds=3)
        scene.apply("shop")
        _wait_for_ready(scene, seconds=120)
        assert_settled(scene, operator, "shop", lives=lives)


def test_the_columns_tell_how_a_stack_is_and_what_is_paid(scene: Scene) -> None:
    with scene.operator():
        scene.apply("shop", {"payment": {"replicas": 2, "successRate": 0.7}})
        scene.until_complete("shop")

    header, *rows = scene.kube("get", "bst", "-A").splitlines()

    names = "NAMESPACE NAME READY REASON SUCCESS PAYMENT PAID PENDING AGE"
    assert header.split() == names.split()
    [row] = [row.split() for row in rows if row.startswith(scene.namespace)]
    invoices = scene.read("shop")["status"]["invoices"]
    counts = [str(invoices[state]) for state in ("paid", "pending")]
    assert row[1:-1] == ["shop", "True", "AllReady", "0.7", "2/2", *counts]
    wide = scene.kube("get", "bst", "shop", "-n", scene.namespace, "-o", "wide")
    assert scene.images.antaeus in wide
    assert scene.images.payment in wide


def test_explain_lists_every_field_and_each_has_a_description(scene: Scene) -> None:
    published = eventually(lambda: scene.api.get(_SCHEMA), within=NOTICED)
    properties = published["components"]["schemas"][_KIND]["properties"]
    fields = {
        path: field
        for part in ("spec", "status")
        for path, field in _fields(properties[part], f"{part}")
    }
    assert len(fields) > 60

    assert [path for path, field in fields.items() if not field.get("description")] == []
    told = scene.kube("explain", "bst.spec", "--recursive")
    of_spec = {path.rpartition(".")[2] for path in fields if path.startswith("spec.")}
    assert {name for name in of_spec if f"{name}\t" not in told} == set()
    assert "Probability" in scene.kube("explain", "bst.spec.payment.successRate")


def _wait_for_ready(scene: Scene, *, seconds: int) -> None:
    condition = ("--for=condition=Ready", "billingstack/shop", f"--timeout={seconds}s")
    scene.kube("-n", scene.namespace, "wait", *condition)


def _fields(schema: Manifest, path: str) -> list[tuple[str, Manifest]]:
    """All fields below a schema, by their path, branches and leaves."""
    inner = schema.get("items", schema)
    found = []
    for name, field in inner.get("properties", {}).items():
        found += [(f"{path}.{name}", field), *_fields(field, f"{path}.{name}")]
    return found
