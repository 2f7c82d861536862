"""One pass over a stack: read, plan, apply, judge."""

import json
import logging

import pytest

from billing_operator.errors import ClusterError
from billing_operator.kinds import CHILDREN
from billing_operator.reasons import Reason
from support.operator.builders import a_body, a_secret
from support.operator.in_memory import STATUS, OperatorInMemory, pages_of, ready

BROKEN = ClusterError(Reason.API_SERVER_ERROR, "broken", status=500)


async def test_a_new_stack_gets_its_token_and_the_ground_then_the_pods() -> None:
    operator = OperatorInMemory()
    look_again = await operator.reconcile()
    kinds = [kind for verb, kind in operator.cluster.writes if verb != "apply status"]

    assert "Secret" in kinds[:-3]
    assert kinds[-3:] == ["Deployment", "Deployment", "CronJob"]
    assert len(kinds) == 14
    assert look_again == 0.0


async def test_a_new_stack_has_its_children_before_anything_is_said_of_it() -> None:
    operator = OperatorInMemory()
    await operator.reconcile()
    assert STATUS not in operator.cluster.writes

    await operator.reconcile()
    assert operator.cluster.writes == [STATUS]
    assert operator.condition("Ready") == ("False", "AntaeusStarting")


async def test_a_new_stack_whose_children_are_refused_says_so_at_once() -> None:
    operator = OperatorInMemory()
    operator.cluster.faults["apply", "Deployment"] = BROKEN
    await operator.reconcile()

    assert operator.condition("Ready") == ("False", "ApiServerError")


async def test_a_stack_whose_pods_came_up_is_ready() -> None:
    operator = await ready()

    assert operator.status["payment"]["successRate"] == 0.5
    assert operator.announced == ["AntaeusStarting", "AllReady"]


async def test_a_stack_at_rest_costs_nothing() -> None:
    operator = await ready()

    assert await operator.reconcile() is None
    assert operator.cluster.calls == []


async def test_at_rest_only_the_token_is_read_again_and_seldom() -> None:
    operator = await ready()
    operator.now = 100.0

    assert await operator.reconcile() is None
    assert operator.cluster.calls == [("read", "Secret")]


async def test_a_pass_may_be_repeated_after_a_crash_anywhere() -> None:
    operator = OperatorInMemory()
    operator.cluster.faults["apply", "Deployment"] = BROKEN
    await operator.reconcile()
    del operator.cluster.faults["apply", "Deployment"]
    other = OperatorInMemory(*operator.cluster.objects.values())
    await other.reconcile()

    assert {kind for verb, kind in other.cluster.writes} == {
        "Deployment",
        "CronJob",
        "BillingStack",
    }


@pytest.mark.parametrize(
    "change",
    [{"deletionTimestamp": "2025-01-01T00:00:00Z"}, None],
    ids=["it is being deleted", "it is gone"],
)
async def test_a_stack_that_leaves_or_has_left_is_left_alone(change: dict[str, str] | None) -> None:
    body = a_body()
    body["metadata"] |= change or {}
    operator = OperatorInMemory(body)
    if change is None:
        operator.cluster.take("BillingStack", "shop")

    assert await operator.reconcile() is None
    assert operator.cluster.calls == []


async def test_a_stack_that_was_replaced_unseen_gets_nothing_of_the_earlier_ones() -> None:
    operator = await ready()
    operator.change(payment={"replicas": 3})
    await operator.watch()
    operator.cluster.have(a_body(uid="later"))

    assert await operator.reconcile(with_stale_cache=True) is None
    assert operator.cluster.writes == []


async def test_a_new_stack_that_was_replaced_unseen_keeps_its_status_to_itself() -> None:
    operator = OperatorInMemory()
    await operator.watch()
    later = operator.cluster.have(a_body(uid="later"))
    await operator.reconcile(with_stale_cache=True)

    assert operator.cluster.must_get("BillingStack", "shop") == later
    # What was made bears the earlier uid, so Kubernetes removes it; the later stack waits for that.
    assert await operator.reconcile() == 1.0
    assert operator.condition("Reconciling") == ("True", "PreviousStackTerminating")


async def test_a_spec_that_changed_unseen_is_what_counts() -> None:
    operator = await ready()
    operator.change(payment={"successRate": 0.7})
    await operator.watch()
    operator.change(payment={"replicas": 3})
    operator.cluster.take("Deployment", "shop-payment")
    await operator.reconcile(with_stale_cache=True)

    assert operator.cluster.must_get("Deployment", "shop-payment")["spec"]["replicas"] == 3


async def test_a_new_stack_with_a_token_of_the_users_reads_it() -> None:
    secret = a_secret("provider", uid=None, token="their-hush")
    operator = OperatorInMemory(a_body(token={"secretRef": {"name": "provider"}}), secret)
    await operator.reconcile()

    assert ("apply", "Deployment") in operator.cluster.writes
    assert operator.condition("Ready") == ("False", "AntaeusStarting")


async def test_a_token_is_looked_for_where_the_stack_says_now() -> None:
    operator = await ready()
    operator.change(payment={"replicas": 3})
    await operator.watch()
    operator.change(token={"secretRef": {"name": "provider"}})
    await operator.reconcile(with_stale_cache=True)

    assert operator.condition("TokenInvalid") == ("True", "TokenInvalid")


async def test_a_users_secret_that_is_bad_keeps_nothing_else_from_being_done() -> None:
    """Both services have the token from the operator's own Secret, which is as good as before."""
    operator = await ready()
    operator.change(token={"secretRef": {"name": "provider"}}, payment={"replicas": 3})
    await operator.reconcile()

    assert operator.cluster.must_get("Deployment", "shop-payment")["spec"]["replicas"] == 3
    assert operator.condition("TokenInvalid") == ("True", "TokenInvalid")
    assert operator.condition("Stalled") == ("True", "TokenInvalid")


async def test_what_somebody_changed_is_put_right_and_nothing_else_is_written() -> None:
    operator = await ready()
    live = operator.cluster.must_get("Service", "shop-payment")
    live["spec"]["ports"][0]["targetPort"] = 1
    operator.cluster.have(live)
    await operator.reconcile()

    assert operator.cluster.writes == [("apply", "Service")]
    mended = operator.cluster.must_get("Service", "shop-payment")
    assert mended["spec"]["ports"][0]["targetPort"] == "charges"


async def test_what_somebody_deleted_comes_back() -> None:
    operator = await ready()
    operator.cluster.take("NetworkPolicy", "shop-payment")
    await operator.reconcile()

    assert operator.cluster.writes == [("apply", "NetworkPolicy")]


async def test_a_watch_that_lags_causes_no_write() -> None:
    operator = await ready()
    service = operator.cluster.must_get("Service", "shop-payment")
    operator.cluster.take("Service", "shop-payment")
    await operator.watch()
    operator.cluster.have(service)
    await operator.reconcile(with_stale_cache=True)

    assert ("read", "Service") in operator.cluster.calls
    assert operator.cluster.writes == []


async def test_a_new_stack_whose_children_are_there_already_is_left_as_it_is() -> None:
    operator = await ready()
    before = dict(operator.cluster.objects)
    for kind in CHILDREN:
        await operator.dependencies.inventory.renew(kind, pages_of([]))
    await operator.reconcile(with_stale_cache=True)

    assert operator.cluster.objects == before


async def test_a_child_that_was_edited_out_of_sight_is_put_right_at_once() -> None:
    operator = await ready()
    service = operator.cluster.must_get("Service", "shop-payment")
    operator.cluster.take("Service", "shop-payment")
    await operator.watch()
    service["spec"]["ports"][0]["targetPort"] = 9999
    operator.cluster.have(service)
    await operator.reconcile(with_stale_cache=True)

    now = operator.cluster.must_get("Service", "shop-payment")
    assert now["spec"]["ports"][0]["targetPort"] == "charges"
    assert now["metadata"]["uid"] == service["metadata"]["uid"]


async def test_an_antaeus_that_the_watch_has_not_told_of_is_not_restarted() -> None:
    operator = await ready()
    pod = operator.cluster.must_get("Pod", "shop-antaeus-0")
    operator.cluster.take("Pod", "shop-antaeus-0")
    await operator.watch()
    operator.cluster.have(pod)
    await operator.reconcile(
        installed={"antaeus_image": "example.test/antaeus:2"}, with_stale_cache=True
    )

    assert ("apply", "Deployment") not in operator.cluster.writes


async def test_another_default_image_waits_and_status_says_so() -> None:
    operator = await ready()
    await operator.reconcile(installed={"antaeus_image": "example.test/antaeus:2"})

    assert operator.cluster.writes == [STATUS]
    assert operator.status["antaeus"]["pendingUpdate"] == "image example.test/antaeus:2"


async def test_an_operator_of_another_version_writes_the_status_once_and_nothing_else() -> None:
    operator = await ready()
    await operator.reconcile(installed={"version": "2"})

    assert operator.cluster.writes == [STATUS]
    assert operator.status["operatorVersion"] == "2"

    await operator.reconcile(installed={"version": "2"})
    assert operator.cluster.calls == []


async def test_what_is_not_wanted_any_more_is_removed() -> None:
    operator = await ready()
    operator.change(networkPolicy={"enabled": False})
    await operator.reconcile()

    assert operator.cluster.writes.count(("delete", "NetworkPolicy")) == 4
    assert operator.cluster.get("NetworkPolicy", "shop-payment") is None


async def test_a_changed_rate_reaches_the_pods_without_touching_them_and_is_told_once() -> None:
    operator = await ready()
    pods = operator.cluster.must_get("Deployment", "shop-payment")
    operator.change(payment={"successRate": 0.9})

    assert await operator.reconcile() == 0.1
    assert operator.cluster.writes == [("apply", "ConfigMap"), ("annotate", "Pod")]
    operator.refresh_profiles()
    assert await operator.reconcile() is None
    assert operator.cluster.writes == [STATUS]
    assert operator.status["payment"]["successRate"] == 0.9
    assert operator.cluster.must_get("Deployment", "shop-payment") == pods


async def test_a_rate_that_takes_longer_than_usual_is_told() -> None:
    operator = await ready()
    operator.change(payment={"successRate": 0.9})
    await operator.reconcile()
    operator.now = 6.0

    assert await operator.reconcile() == 5.0
    assert operator.condition("Ready") == ("False", "ProfileUpdating")
    assert "successRate" not in operator.status["payment"]


async def test_changes_are_counted_and_logged_never_the_token(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG)
    operator = await ready()
    lines = " ".join(str(vars(record)) for record in caplog.records)
    kept = [live for (kind, _), live in operator.cluster.objects.items() if kind != "Secret"]

    assert "created" in lines
    assert "-hush" not in lines
    assert "-hush" not in json.dumps(kept)
    changes = operator.metrics.changes.labels("Service", "created")
    assert changes._value.get() == 2
