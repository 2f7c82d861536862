"""What keeps a pass from its end: tokens, foreign objects, and an API server that refuses."""

from datetime import datetime

from prometheus_client import generate_latest

from billing_operator.controller.queue import Failed, NotBefore
from billing_operator.controller.reconcile import Reconciler
from billing_operator.errors import ClusterError, NamespaceLeaving, Refused
from billing_operator.inputs import Installation
from billing_operator.kinds import BILLING_STACK, Manifest
from billing_operator.names import ADOPT
from billing_operator.reasons import Reason
from billing_operator.spec.stack import Stack
from billing_operator.status.judge import judge
from billing_operator.status.readiness import Findings
from support.operator.builders import a_body, an_installation, an_object, owned
from support.operator.in_memory import SHOP, STATUS, OperatorInMemory, ready

BROKEN = ClusterError(Reason.API_SERVER_ERROR, "broken", status=500)
REFUSED = Refused("may not be specified beside it")


def runs_anything(operator: OperatorInMemory) -> bool:
    return any(kind == "Deployment" for kind, _ in operator.cluster.objects)


def set_beside_ours(operator: OperatorInMemory, name: str, fields: Manifest) -> None:
    """Sets fields as a person would, so that the server refuses the operator's next apply."""
    live = operator.cluster.must_get("Deployment", name)
    live["spec"]["strategy"] = {"type": "RollingUpdate"}
    entry = {"manager": "kubectl-patch", "operation": "Update", "fieldsV1": fields}
    live["metadata"]["managedFields"].append(entry)
    operator.cluster.have(live)
    operator.cluster.faults["apply", "Deployment"] = REFUSED


async def test_a_foreign_object_of_a_childs_name_is_not_touched() -> None:
    foreign = an_object("Service", "shop-antaeus")
    operator = OperatorInMemory(a_body(), foreign)
    foreign_now = operator.cluster.must_get("Service", "shop-antaeus")
    again = await operator.reconcile()

    assert again == 30.0
    assert operator.cluster.must_get("Service", "shop-antaeus") == foreign_now
    assert not runs_anything(operator)
    assert operator.condition("NameConflict") == ("True", "NameConflict")
    await operator.reconcile()
    assert operator.cluster.writes == []
    assert operator.condition("Stalled") == ("True", "NameConflict")
    assert operator.announced == ["NameConflict"]


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
    operator = OperatorInMemory(a_body(), theirs)
    theirs_now = operator.cluster.must_get("Service", "shop-antaeus")
    await operator.reconcile()

    assert operator.cluster.must_get("Service", "shop-antaeus") == theirs_now
    assert not runs_anything(operator)


async def test_not_even_where_only_the_live_stack_wants_the_child_changed() -> None:
    operator = await ready()
    operator.change(payment={"replicas": 3})
    await operator.watch()
    operator.change(payment={"replicas": 3, "successRate": 0.9})
    operator.cluster.take("ConfigMap", "shop-profile")
    foreign = operator.cluster.have(an_object("ConfigMap", "shop-profile"))
    await operator.reconcile(with_stale_cache=True)

    assert operator.cluster.writes == [STATUS]
    assert operator.cluster.must_get("ConfigMap", "shop-profile") == foreign
    assert operator.condition("NameConflict") == ("True", "NameConflict")


async def test_an_object_that_its_owner_hands_over_is_taken() -> None:
    given = an_object("Service", "shop-antaeus", annotations={ADOPT: "shop"})
    operator = OperatorInMemory(a_body(), given)
    await operator.reconcile()
    taken = operator.cluster.must_get("Service", "shop-antaeus")

    assert taken["metadata"]["uid"] == given["metadata"]["uid"]
    assert taken["metadata"]["ownerReferences"][0]["uid"] == "stack-uid"


async def test_a_token_that_is_lost_while_antaeus_runs_changes_no_pod() -> None:
    operator = await ready()
    operator.cluster.take("Secret", "shop-token")
    operator.change(payment={"replicas": 2})
    await operator.reconcile()

    assert operator.cluster.writes == [STATUS]
    assert operator.condition("TokenLost") == ("True", "TokenLost")


async def test_no_pod_is_told_of_a_token_that_could_not_be_made() -> None:
    operator = await ready()
    operator.cluster.take("Secret", "shop-token")
    operator.annotate(renew_token="1")
    operator.cluster.faults["create", "Secret"] = BROKEN
    await operator.reconcile()

    assert ("apply", "Deployment") not in operator.cluster.writes
    assert "lastHandledRenew" not in operator.status["token"]

    operator.cluster.faults.clear()
    await operator.reconcile()
    assert ("create", "Secret") in operator.cluster.writes
    assert operator.status["token"]["lastHandledRenew"] == "1"


async def test_a_refused_adoption_is_tried_again_soon() -> None:
    given = an_object("Service", "shop-antaeus", annotations={ADOPT: "shop"})
    operator = OperatorInMemory(a_body(), given)
    operator.cluster.faults["change", "Service"] = REFUSED
    assert await operator.reconcile() == 30.0

    operator.cluster.faults.clear()
    await operator.reconcile()
    assert operator.condition("Stalled") == ("False", "NotStalled")


async def test_a_lost_token_is_found_at_rest_too() -> None:
    operator = await ready()
    operator.cluster.take("Secret", "shop-token")
    operator.now = 100.0
    await operator.reconcile()

    assert operator.condition("TokenLost") == ("True", "TokenLost")


async def test_a_new_token_is_made_on_request_and_once() -> None:
    operator = await ready()
    operator.cluster.take("Secret", "shop-token")
    operator.annotate(renew_token="1")
    await operator.reconcile()
    assert ("create", "Secret") in operator.cluster.writes
    assert operator.status["token"]["lastHandledRenew"] == "1"

    operator.cluster.take("Secret", "shop-token")
    operator.now = 100.0
    await operator.reconcile()
    assert operator.condition("TokenLost") == ("True", "TokenLost")


async def test_payment_is_made_to_look_at_a_new_token_once_it_is_there() -> None:
    operator = await ready()
    operator.cluster.take("Secret", "shop-token")
    operator.annotate(renew_token="1")
    await operator.reconcile()

    assert operator.cluster.writes.count(("annotate", "Pod")) == 1
    made = operator.cluster.writes.index(("create", "Secret"))
    assert made < operator.cluster.writes.index(("annotate", "Pod"))


async def test_another_token_of_the_operators_starts_antaeus_anew() -> None:
    operator = await ready()
    before = operator.cluster.must_get("Deployment", "shop-antaeus")["spec"]["template"]
    operator.cluster.take("Secret", "shop-token")
    operator.annotate(renew_token="1")
    await operator.reconcile()

    assert operator.cluster.must_get("Deployment", "shop-antaeus")["spec"]["template"] != before


async def test_one_child_that_is_refused_keeps_none_of_its_group_from_being_made() -> None:
    operator = OperatorInMemory()
    operator.cluster.faults["apply", "ConfigMap"] = Refused("bad")
    again = await operator.reconcile()

    assert again == 600.0
    assert operator.cluster.get("Service", "shop-antaeus") is not None
    assert operator.cluster.get("NetworkPolicy", "shop-payment") is not None
    assert ("apply", "Deployment") not in operator.cluster.writes
    assert operator.condition("Stalled") == ("True", "ApplyRejected")


async def test_what_was_set_beside_a_field_of_ours_gives_way() -> None:
    operator = await ready()
    rival: Manifest = {"f:spec": {"f:strategy": {"f:rollingUpdate": {}}}}
    set_beside_ours(operator, "shop-antaeus", rival)
    await operator.reconcile()

    now = operator.cluster.must_get("Deployment", "shop-antaeus")
    assert now["spec"]["strategy"] == {"type": "Recreate"}
    assert operator.cluster.writes[:3] == [
        ("apply", "Deployment"),
        ("hand over", "Deployment"),
        ("apply", "Deployment"),
    ]
    assert operator.condition("Stalled") == ("False", "NotStalled")


async def test_what_is_refused_for_another_reason_takes_nothing_from_anybody() -> None:
    operator = await ready()
    set_beside_ours(operator, "shop-antaeus", {"f:spec": {"f:paused": {}}})
    await operator.reconcile()

    assert ("hand over", "Deployment") not in operator.cluster.writes
    assert operator.condition("Stalled") == ("True", "ApplyRejected")


async def test_what_was_refused_is_not_asked_again_until_the_question_is_another() -> None:
    operator = await ready()
    operator.change(payment={"replicas": 3})
    operator.cluster.faults["apply", "Deployment"] = REFUSED
    await operator.reconcile()
    assert ("apply", "Deployment") in operator.cluster.writes

    await operator.reconcile()
    assert operator.cluster.writes == []
    assert operator.condition("Stalled") == ("True", "ApplyRejected")

    operator.change(payment={"replicas": 2})
    await operator.reconcile()
    assert ("apply", "Deployment") in operator.cluster.writes
    live = operator.cluster.must_get("Deployment", "shop-payment")
    operator.cluster.have(live)
    await operator.reconcile()
    assert ("apply", "Deployment") in operator.cluster.writes
    operator.now += 600
    await operator.reconcile()
    assert ("apply", "Deployment") in operator.cluster.writes


async def test_in_a_namespace_that_leaves_nothing_more_is_tried() -> None:
    operator = OperatorInMemory()
    gone = NamespaceLeaving(Reason.NAMESPACE_LEAVING, "it is being terminated", status=403)
    operator.cluster.faults["apply", "Service"] = gone

    assert await operator.reconcile() is None
    assert STATUS not in operator.cluster.writes


async def test_a_server_that_fails_is_asked_again_later() -> None:
    operator = OperatorInMemory()
    operator.cluster.faults["apply", "Service"] = BROKEN

    assert await operator.reconcile() is Failed.BACK_OFF
    assert operator.condition("Reconciling") == ("True", "ApiServerError")


async def test_a_server_that_says_when_is_asked_again_then() -> None:
    operator = OperatorInMemory()
    fault = ClusterError(Reason.API_SERVER_ERROR, "busy", status=429, retry_after=7.0)
    operator.cluster.faults["apply", "Service"] = fault

    assert await operator.reconcile() == NotBefore(7.0)


async def test_a_status_that_can_not_be_written_is_tried_again() -> None:
    operator = OperatorInMemory()
    await operator.reconcile()
    operator.cluster.faults[STATUS] = BROKEN

    assert await operator.reconcile() is Failed.BACK_OFF
    assert operator.announced == []


async def test_of_a_stack_that_goes_during_a_pass_no_metric_tells() -> None:
    operator = OperatorInMemory()
    await operator.watch()

    def judge_too_late(
        stack: Stack, findings: Findings, installation: Installation, *, now: datetime
    ) -> Manifest:
        operator.dependencies.inventory.drop(BILLING_STACK, a_body())
        operator.cluster.take("BillingStack", "shop")
        return judge(stack, findings, installation, now=now)

    reconcile = Reconciler(
        operator.dependencies, an_installation(), now=operator.utc_now, judge=judge_too_late
    )
    await reconcile(SHOP)

    shown = generate_latest(operator.metrics.registry).decode()
    assert 'stack="shop"' not in shown


async def test_an_event_that_can_not_be_posted_keeps_nothing_from_being_done() -> None:
    operator = OperatorInMemory()
    operator.cluster.faults["create", "Event"] = ClusterError(Reason.FORBIDDEN, "no", status=403)
    await operator.bring_up()

    assert operator.condition("Ready") == ("True", "AllReady")
