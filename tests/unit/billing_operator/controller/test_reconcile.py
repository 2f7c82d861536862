"""One pass over a stack: read, plan, apply, judge."""

import json
import logging

import pytest

from billing_operator.errors import ClusterError
from billing_operator.kinds import CHILDREN
from support.builders import a_body, a_secret
from support.world import STATUS, World, pages_of, ready

BROKEN = ClusterError("ApiServerError", "broken", status=500)


async def test_a_new_stack_gets_its_token_and_the_ground_then_the_pods() -> None:
    world = World()
    look_again = await world.reconcile()
    kinds = [kind for verb, kind in world.cluster.writes if verb != "apply status"]

    assert "Secret" in kinds[:-3]
    assert kinds[-3:] == ["Deployment", "Deployment", "CronJob"]
    assert len(kinds) == 14
    assert look_again == 0.0


async def test_a_new_stack_has_its_children_before_anything_is_said_of_it() -> None:
    world = World()
    await world.reconcile()
    assert STATUS not in world.cluster.writes

    await world.reconcile()
    assert world.cluster.writes == [STATUS]
    assert world.condition("Ready") == ("False", "AntaeusStarting")


async def test_a_new_stack_whose_children_are_refused_says_so_at_once() -> None:
    world = World()
    world.cluster.faults["apply", "Deployment"] = BROKEN
    await world.reconcile()

    assert world.condition("Ready") == ("False", "ApiServerError")


async def test_a_stack_whose_pods_came_up_is_ready() -> None:
    world = await ready()

    assert world.status["payment"]["successRate"] == 0.5
    assert world.announced == ["AntaeusStarting", "AllReady"]


async def test_a_stack_at_rest_costs_nothing() -> None:
    world = await ready()

    assert await world.reconcile() is None
    assert world.cluster.calls == []


async def test_at_rest_only_the_token_is_read_again_and_seldom() -> None:
    world = await ready()
    world.now = 100.0

    assert await world.reconcile() is None
    assert world.cluster.calls == [("read", "Secret")]


async def test_a_pass_may_be_repeated_after_a_crash_anywhere() -> None:
    world = World()
    world.cluster.faults["apply", "Deployment"] = BROKEN
    await world.reconcile()
    del world.cluster.faults["apply", "Deployment"]
    other = World(*world.cluster.objects.values())
    await other.reconcile()

    assert {kind for verb, kind in other.cluster.writes} == {
        "Deployment",
        "CronJob",
        "BillingStack",
    }


@pytest.mark.parametrize("change", [{"deletionTimestamp": "2025-01-01T00:00:00Z"}, None])
async def test_a_stack_that_leaves_or_has_left_is_left_alone(change: dict[str, str] | None) -> None:
    body = a_body()
    body["metadata"] |= change or {}
    world = World(body)
    if change is None:
        world.cluster.take("BillingStack", "shop")

    assert await world.reconcile() is None
    assert world.cluster.calls == []


async def test_a_stack_that_was_replaced_unseen_gets_nothing_of_the_earlier_ones() -> None:
    world = await ready()
    world.change(payment={"replicas": 3})
    await world.watch()
    world.cluster.have(a_body(uid="later"))

    assert await world.reconcile(blind=True) is None
    assert world.cluster.writes == []


async def test_a_new_stack_that_was_replaced_unseen_keeps_its_status_to_itself() -> None:
    world = World()
    await world.watch()
    later = world.cluster.have(a_body(uid="later"))
    await world.reconcile(blind=True)

    assert world.cluster.must_get("BillingStack", "shop") == later
    # What was made bears the earlier uid, so Kubernetes removes it; the later stack waits for that.
    assert await world.reconcile() == 1.0
    assert world.condition("Reconciling") == ("True", "EarlierStackLeaving")


async def test_a_spec_that_changed_unseen_is_what_counts() -> None:
    world = await ready()
    world.change(payment={"successRate": 0.7})
    await world.watch()
    world.change(payment={"replicas": 3})
    world.cluster.take("Deployment", "shop-payment")
    await world.reconcile(blind=True)

    assert world.cluster.must_get("Deployment", "shop-payment")["spec"]["replicas"] == 3


async def test_a_new_stack_with_a_token_of_the_users_reads_it() -> None:
    secret = a_secret("provider", uid=None, token="their-hush")
    world = World(a_body(token={"secretRef": {"name": "provider"}}), secret)
    await world.reconcile()

    assert ("apply", "Deployment") in world.cluster.writes
    assert world.condition("Ready") == ("False", "AntaeusStarting")


async def test_a_token_is_looked_for_where_the_stack_says_now() -> None:
    world = await ready()
    world.change(payment={"replicas": 3})
    await world.watch()
    world.change(token={"secretRef": {"name": "provider"}})
    await world.reconcile(blind=True)

    assert world.condition("TokenInvalid") == ("True", "TokenInvalid")


async def test_a_users_secret_that_is_bad_keeps_nothing_else_from_being_done() -> None:
    """Both services have the token from the operator's own Secret, which is as good as before."""
    world = await ready()
    world.change(token={"secretRef": {"name": "provider"}}, payment={"replicas": 3})
    await world.reconcile()

    assert world.cluster.must_get("Deployment", "shop-payment")["spec"]["replicas"] == 3
    assert world.condition("TokenInvalid") == ("True", "TokenInvalid")
    assert world.condition("Stalled") == ("True", "TokenInvalid")


async def test_what_somebody_changed_is_put_right_and_nothing_else_is_written() -> None:
    world = await ready()
    live = world.cluster.must_get("Service", "shop-payment")
    live["spec"]["ports"][0]["targetPort"] = 1
    world.cluster.have(live)
    await world.reconcile()

    assert world.cluster.writes == [("apply", "Service")]
    mended = world.cluster.must_get("Service", "shop-payment")
    assert mended["spec"]["ports"][0]["targetPort"] == "charges"


async def test_what_somebody_deleted_comes_back() -> None:
    world = await ready()
    world.cluster.take("NetworkPolicy", "shop-payment")
    await world.reconcile()

    assert world.cluster.writes == [("apply", "NetworkPolicy")]


async def test_a_watch_that_lags_causes_no_write() -> None:
    world = await ready()
    service = world.cluster.must_get("Service", "shop-payment")
    world.cluster.take("Service", "shop-payment")
    await world.watch()
    world.cluster.have(service)
    await world.reconcile(blind=True)

    assert ("read", "Service") in world.cluster.calls
    assert world.cluster.writes == []


async def test_a_new_stack_whose_children_are_there_already_is_left_as_it_is() -> None:
    world = await ready()
    before = dict(world.cluster.objects)
    for kind in CHILDREN:
        await world.tools.inventory.renew(kind, pages_of([]))
    await world.reconcile(blind=True)

    assert world.cluster.objects == before


async def test_a_child_that_was_edited_out_of_sight_is_put_right_at_once() -> None:
    world = await ready()
    service = world.cluster.must_get("Service", "shop-payment")
    world.cluster.take("Service", "shop-payment")
    await world.watch()
    service["spec"]["ports"][0]["targetPort"] = 9999
    world.cluster.have(service)
    await world.reconcile(blind=True)

    now = world.cluster.must_get("Service", "shop-payment")
    assert now["spec"]["ports"][0]["targetPort"] == "charges"
    assert now["metadata"]["uid"] == service["metadata"]["uid"]


async def test_an_antaeus_that_the_watch_has_not_told_of_is_not_restarted() -> None:
    world = await ready()
    pod = world.cluster.must_get("Pod", "shop-antaeus-0")
    world.cluster.take("Pod", "shop-antaeus-0")
    await world.watch()
    world.cluster.have(pod)
    await world.reconcile(installed={"antaeus_image": "example.test/antaeus:2"}, blind=True)

    assert ("apply", "Deployment") not in world.cluster.writes


async def test_another_default_image_waits_and_status_says_so() -> None:
    world = await ready()
    await world.reconcile(installed={"antaeus_image": "example.test/antaeus:2"})

    assert world.cluster.writes == [STATUS]
    assert world.status["antaeus"]["pendingUpdate"] == "image example.test/antaeus:2"


async def test_an_operator_of_another_version_writes_the_status_once_and_nothing_else() -> None:
    world = await ready()
    await world.reconcile(installed={"version": "2"})

    assert world.cluster.writes == [STATUS]
    assert world.status["operatorVersion"] == "2"

    await world.reconcile(installed={"version": "2"})
    assert world.cluster.calls == []


async def test_what_is_not_wanted_any_more_is_removed() -> None:
    world = await ready()
    world.change(networkPolicy={"enabled": False})
    await world.reconcile()

    assert world.cluster.writes.count(("delete", "NetworkPolicy")) == 4
    assert world.cluster.get("NetworkPolicy", "shop-payment") is None


async def test_a_changed_rate_reaches_the_pods_without_touching_them_and_is_told_once() -> None:
    world = await ready()
    pods = world.cluster.must_get("Deployment", "shop-payment")
    world.change(payment={"successRate": 0.9})

    assert await world.reconcile() == 0.1
    assert world.cluster.writes == [("apply", "ConfigMap"), ("annotate", "Pod")]
    world.refresh_profiles()
    assert await world.reconcile() is None
    assert world.cluster.writes == [STATUS]
    assert world.status["payment"]["successRate"] == 0.9
    assert world.cluster.must_get("Deployment", "shop-payment") == pods


async def test_a_rate_that_takes_longer_than_usual_is_told() -> None:
    world = await ready()
    world.change(payment={"successRate": 0.9})
    await world.reconcile()
    world.now = 6.0

    assert await world.reconcile() == 5.0
    assert world.condition("Ready") == ("False", "ProfileUpdating")
    assert "successRate" not in world.status["payment"]


async def test_changes_are_counted_and_logged_never_the_token(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG)
    world = await ready()
    lines = " ".join(str(vars(record)) for record in caplog.records)
    kept = [live for (kind, _), live in world.cluster.objects.items() if kind != "Secret"]

    assert "created" in lines
    assert "-hush" not in lines
    assert "-hush" not in json.dumps(kept)
    changes = world.metrics.changes.labels("Service", "created")
    assert changes._value.get() == 2
