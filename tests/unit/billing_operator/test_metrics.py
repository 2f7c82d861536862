"""What the operator counts, under names that stay."""

from prometheus_client import generate_latest

from billing_operator import __version__
from billing_operator.kinds import Key
from billing_operator.metrics import InvoiceWatch, Metrics, ReconcileWatch


def shown(metrics: Metrics) -> set[str]:
    return set(generate_latest(metrics.registry).decode().splitlines())


def test_each_operator_counts_for_itself() -> None:
    one, other = Metrics(), Metrics()
    one.resyncs.inc()

    assert "billing_operator_resyncs_total 1.0" in shown(one)
    assert "billing_operator_resyncs_total 0.0" in shown(other)


def test_the_version_is_shown() -> None:
    assert f'billing_operator_build_info{{version="{__version__}"}} 1.0' in shown(Metrics())


def test_reconciles_are_counted_by_their_end() -> None:
    metrics = Metrics()
    watch = ReconcileWatch(metrics)
    watch.waited(-0.001)
    for failed in (False, False, True):
        watch.finished(0.1, failed=failed)

    assert {
        'billing_operator_reconcile_total{result="done"} 2.0',
        'billing_operator_reconcile_total{result="failed"} 1.0',
        "billing_operator_reconcile_seconds_count 3.0",
        "billing_operator_queue_seconds_sum 0.0",
    } <= shown(metrics)


def test_readings_of_invoices_are_counted_by_their_end() -> None:
    metrics = Metrics()
    watch = InvoiceWatch(metrics)
    watch.waited(1.0)
    watch.finished(0.1, failed=True)

    assert 'billing_operator_invoice_reads_total{result="failed"} 1.0' in shown(metrics)


def test_conditions_are_told_as_they_are_now() -> None:
    metrics, shop = Metrics(), Key("payments", "shop")
    ready, lost = {"type": "Ready", "status": "False"}, {"type": "TokenLost", "status": "True"}
    metrics.tell(shop, {"conditions": [ready, lost]})
    at = 'billing_operator_stack_condition{namespace="payments",stack="shop",type='
    assert {f'{at}"Ready"}} 0.0', f'{at}"TokenLost"}} 1.0'} <= shown(metrics)

    metrics.tell(shop, {"conditions": [ready | {"status": "True"}]})

    assert {line for line in shown(metrics) if line.startswith(at)} == {f'{at}"Ready"}} 1.0'}


def test_resets_are_there_before_the_first() -> None:
    metrics = Metrics()
    metrics.tell(Key("payments", "shop"), {"conditions": []})

    zero = 'billing_operator_invoice_resets_total{namespace="payments",stack="shop"} 0.0'
    assert zero in shown(metrics)


def test_a_rotation_shows_by_its_step_and_then_by_its_end() -> None:
    metrics, shop = Metrics(), Key("payments", "shop")
    at = 'billing_operator_token_rotation_step_timestamp_seconds{namespace="payments",stack="shop"'
    for step in ("Staged", "Promoted"):
        rotation = {"step": step, "lastTransitionTime": "1970-01-01T00:01:00Z"}
        metrics.tell(shop, {"conditions": [], "token": {"rotation": rotation}})
        told = {line for line in shown(metrics) if line.startswith(at)}
        assert told == {f'{at},step="{step}"}} 60.0'}
    metrics.tell(shop, {"conditions": [], "token": {"lastRotationTime": "1970-01-01T00:02:00Z"}})

    assert not [line for line in shown(metrics) if line.startswith(at)]
    name = "billing_operator_token_rotated_timestamp_seconds"
    assert f'{name}{{namespace="payments",stack="shop"}} 120.0' in shown(metrics)


def test_a_stack_that_has_gone_leaves_no_series() -> None:
    metrics = Metrics()
    metrics.tell(Key("payments", "shop"), {"conditions": [{"type": "Ready", "status": "True"}]})
    metrics.last_invoice_read.labels("payments", "shop").set(1)
    rotation = {"step": "Staged", "lastTransitionTime": "1970-01-01T00:01:00Z"}
    token = {"rotation": rotation, "lastRotationTime": "1970-01-01T00:02:00Z"}
    metrics.tell(Key("payments", "shop"), {"conditions": [], "token": token})
    metrics.forget(Key("payments", "shop"))
    metrics.forget(Key("payments", "never known"))

    assert not [line for line in shown(metrics) if 'stack="shop"' in line]
