"""What keeps a pass from its end: tokens, foreign objects, and an API server that refuses."""

from datetime import datetime

from prometheus_client import generate_latest

from billing_operator.controller.queue import Failed, NotBefore
from billing_operator.controller.reconcile import Reconciler
from billing_operator.errors import ClusterError, NamespaceLeaving, Refused
from billing_operator.inputs import Installation
from billing_operator.kinds import BILLING_STACK, Manifest
from billing_operator.names import ADOPT
from billing_operator.spec.stack import Stack
from billing_operator.status.judge import judge
from billing_operator.status.readiness import Findings
from support.builders import a_body, an_installation, an_object, owned
from support.world import SHOP, STATUS, World, ready

BROKEN = ClusterError("ApiServerError", "broken", status=500)
REFUSED = Refused("may not be specified beside it")


def runs_anything(world: World) -> bool:
    return any(kind == "Deployment" for kind, _ in world.cluster.objects)


def set_beside_ours(world: World, name: str, fields: Manifest) -> None:
    """Sets fields as a person would, so that the server refuses the operator's next apply."""
    live = world.cluster.must_get("Deployment", name)
    live["spec"]["strategy"] = {"type": "RollingUpdate"}
    entry = {"manager": "kubectl-patch", "operation": "Update", "fieldsV1": fields}
    live["metadata"]["managedFields"].append(entry)
    world.cluster.have(live)
    world.cluster.faults["apply", "Deployment"] = REFUSED


async def test_a_foreign_object_of_a_childs_name_is_not_touched() -> None:
    foreign = an_object("Service", "shop-antaeus")
    world = World(a_body(), foreign)
    foreign_now = world.cluster.must_get("Service", "shop-antaeus")
    again = await world.reconcile()

    assert again == 30.0
    assert world.cluster.must_get("Service", "shop-antaeus") == foreign_now
    assert not runs_anything(world)
    assert world.condition("NameConflict") == ("True", "NameConflict")
    await world.reconcile()
    assert world.cluster.writes == []
    assert world.condition("Stalled") == ("True", "NameConflict")
    assert world.announced == ["NameConflict"]


async def test_a_child_of_the_name_that_belongs_to_another_stack_is_not_touched() -> None:
    theirs = an_object(
        "Service",
        "shop-antaeus",
        ownerReferences=owned("other", "other"),
        labels={
            "app.kubernetes.io/managed-by": "billing-operator",
            "billing.antaeus.io/stack": "shop",
        },
    )
    world = World(a_body(), theirs)
    theirs_now = world.cluster.must_get("Service", "shop-antaeus")
    await world.reconcile()

    assert world.cluster.must_get("Service", "shop-antaeus") == theirs_now
    assert not runs_anything(world)


async def test_not_even_where_only_the_live_stack_wants_the_child_changed() -> None:
    world = await ready()
    world.change(payment={"replicas": 3})
    await world.watch()
    world.change(payment={"replicas": 3, "successRate": 0.9})
    world.cluster.take("ConfigMap", "shop-profile")
    foreign = world.cluster.have(an_object("ConfigMap", "shop-profile"))
    await world.reconcile(blind=True)

    assert world.cluster.writes == [STATUS]
    assert world.cluster.must_get("ConfigMap", "shop-profile") == foreign
    assert world.condition("NameConflict") == ("True", "NameConflict")


async def test_an_object_that_its_owner_hands_over_is_taken() -> None:
    given = an_object("Service", "shop-antaeus", annotations={ADOPT: "shop"})
    world = World(a_body(), given)
    await world.reconcile()
    taken = world.cluster.must_get("Service", "shop-antaeus")

    assert taken["metadata"]["uid"] == given["metadata"]["uid"]
    assert taken["metadata"]["ownerReferences"][0]["uid"] == "stack-uid"


async def test_a_token_that_is_lost_while_antaeus_runs_changes_no_pod() -> None:
    world = await ready()
    world.cluster.take("Secret", "shop-token")
    world.change(payment={"replicas": 2})
    await world.reconcile()

    assert world.cluster.writes == [STATUS]
    assert world.condition("TokenLost") == ("True", "TokenLost")


async def test_no_pod_is_told_of_a_token_that_could_not_be_made() -> None:
    world = await ready()
    world.cluster.take("Secret", "shop-token")
    world.annotate(renew_token="1")
    world.cluster.faults["create", "Secret"] = BROKEN
    await world.reconcile()

    assert ("apply", "Deployment") not in world.cluster.writes
    assert "renewed" not in world.status["token"]

    world.cluster.faults.clear()
    await world.reconcile()
    assert ("create", "Secret") in world.cluster.writes
    assert world.status["token"]["renewed"] == "1"


async def test_a_refused_adoption_is_tried_again_soon() -> None:
    given = an_object("Service", "shop-antaeus", annotations={ADOPT: "shop"})
    world = World(a_body(), given)
    world.cluster.faults["change", "Service"] = REFUSED
    assert await world.reconcile() == 30.0

    world.cluster.faults.clear()
    await world.reconcile()
    assert world.condition("Stalled") == ("False", "NotStalled")


async def test_a_lost_token_is_found_at_rest_too() -> None:
    world = await ready()
    world.cluster.take("Secret", "shop-token")
    world.now = 100.0
    await world.reconcile()

    assert world.condition("TokenLost") == ("True", "TokenLost")


async def test_a_new_token_is_made_on_request_and_once() -> None:
    world = await ready()
    world.cluster.take("Secret", "shop-token")
    world.annotate(renew_token="1")
    await world.reconcile()
    assert ("create", "Secret") in world.cluster.writes
    assert world.status["token"]["renewed"] == "1"

    world.cluster.take("Secret", "shop-token")
    world.now = 100.0
    await world.reconcile()
    assert world.condition("TokenLost") == ("True", "TokenLost")


async def test_payment_is_made_to_look_at_a_new_token_once_it_is_there() -> None:
    world = await ready()
    world.cluster.take("Secret", "shop-token")
    world.annotate(renew_token="1")
    await world.reconcile()

    assert world.cluster.writes.count(("annotate", "Pod")) == 1
    made = world.cluster.writes.index(("create", "Secret"))
    assert made < world.cluster.writes.index(("annotate", "Pod"))


async def test_another_token_of_the_operators_starts_antaeus_anew() -> None:
    world = await ready()
    before = world.cluster.must_get("Deployment", "shop-antaeus")["spec"]["template"]
    world.cluster.take("Secret", "shop-token")
    world.annotate(renew_token="1")
    await world.reconcile()

    assert world.cluster.must_get("Deployment", "shop-antaeus")["spec"]["template"] != before


async def test_one_child_that_is_refused_keeps_none_of_its_group_from_being_made() -> None:
    world = World()
    world.cluster.faults["apply", "ConfigMap"] = Refused("bad")
    again = await world.reconcile()

    assert again == 600.0
    assert world.cluster.get("Service", "shop-antaeus") is not None
    assert world.cluster.get("NetworkPolicy", "shop-payment") is not None
    assert ("apply", "Deployment") not in world.cluster.writes
    assert world.condition("Stalled") == ("True", "Refused")


async def test_what_was_set_beside_a_field_of_ours_gives_way() -> None:
    world = await ready()
    rival: Manifest = {"f:spec": {"f:strategy": {"f:rollingUpdate": {}}}}
    set_beside_ours(world, "shop-antaeus", rival)
    await world.reconcile()

    now = world.cluster.must_get("Deployment", "shop-antaeus")
    assert now["spec"]["strategy"] == {"type": "Recreate"}
    assert world.cluster.writes[:3] == [
        ("apply", "Deployment"),
        ("hand over", "Deployment"),
        ("apply", "Deployment"),
    ]
    assert world.condition("Stalled") == ("False", "NotStalled")


async def test_what_is_refused_for_another_reason_takes_nothing_from_anybody() -> None:
    world = await ready()
    set_beside_ours(world, "shop-antaeus", {"f:spec": {"f:paused": {}}})
    await world.reconcile()

    assert ("hand over", "Deployment") not in world.cluster.writes
    assert world.condition("Stalled") == ("True", "Refused")


async def test_what_was_refused_is_not_asked_again_until_the_question_is_another() -> None:
    world = await ready()
    world.change(payment={"replicas": 3})
    world.cluster.faults["apply", "Deployment"] = REFUSED
    await world.reconcile()
    assert ("apply", "Deployment") in world.cluster.writes

    await world.reconcile()
    assert world.cluster.writes == []
    assert world.condition("Stalled") == ("True", "Refused")

    world.change(payment={"replicas": 2})
    await world.reconcile()
    assert ("apply", "Deployment") in world.cluster.writes
    live = world.cluster.must_get("Deployment", "shop-payment")
    world.cluster.have(live)
    await world.reconcile()
    assert ("apply", "Deployment") in world.cluster.writes
    world.now += 600
    await world.reconcile()
    assert ("apply", "Deployment") in world.cluster.writes


async def test_in_a_namespace_that_leaves_nothing_more_is_tried() -> None:
    world = World()
    gone = NamespaceLeaving("NamespaceLeaving", "it is being terminated", status=403)
    world.cluster.faults["apply", "Service"] = gone

    assert await world.reconcile() is None
    assert STATUS not in world.cluster.writes


async def test_a_server_that_fails_is_asked_again_later() -> None:
    world = World()
    world.cluster.faults["apply", "Service"] = BROKEN

    assert await world.reconcile() is Failed.BACK_OFF
    assert world.condition("Reconciling") == ("True", "ApiServerError")


async def test_a_server_that_says_when_is_asked_again_then() -> None:
    world = World()
    fault = ClusterError("ApiServerError", "busy", status=429, retry_after=7.0)
    world.cluster.faults["apply", "Service"] = fault

    assert await world.reconcile() == NotBefore(7.0)


async def test_a_status_that_can_not_be_written_is_tried_again() -> None:
    world = World()
    await world.reconcile()
    world.cluster.faults[STATUS] = BROKEN

    assert await world.reconcile() is Failed.BACK_OFF
    assert world.announced == []


async def test_of_a_stack_that_goes_during_a_pass_no_metric_tells() -> None:
    world = World()
    await world.watch()

    def judge_too_late(
        stack: Stack, found: Findings, installation: Installation, *, now: datetime
    ) -> Manifest:
        world.tools.inventory.drop(BILLING_STACK, a_body())
        world.cluster.take("BillingStack", "shop")
        return judge(stack, found, installation, now=now)

    reconcile = Reconciler(world.tools, an_installation(), now=world.utc_now, judge=judge_too_late)
    await reconcile(SHOP)

    shown = generate_latest(world.metrics.registry).decode()
    assert 'stack="shop"' not in shown


async def test_an_event_that_can_not_be_posted_keeps_nothing_from_being_done() -> None:
    world = World()
    world.cluster.faults["create", "Event"] = ClusterError("Forbidden", "no", status=403)
    await world.bring_up()

    assert world.condition("Ready") == ("True", "AllReady")
