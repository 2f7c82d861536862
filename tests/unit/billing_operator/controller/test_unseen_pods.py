"""Others rewrite labels on whatever they find; what nobody sees is not taken for well."""

from billing_operator.kinds import POD, conditions_of
from billing_operator.names import STACK_LABEL
from support.operator.in_memory import ready

RELABELLED = {"app.kubernetes.io/managed-by": "argocd"}


async def test_what_others_call_theirs_is_seen_all_the_same() -> None:
    operator = await ready()
    for kind, name in (("Pod", "shop-antaeus-0"), ("Deployment", "shop-payment")):
        live = operator.cluster.must_get(kind, name)
        live["metadata"]["labels"] |= RELABELLED
        operator.cluster.have(live)
    await operator.reconcile()

    assert operator.condition("Ready") == ("True", "AllReady")
    # Whoever set the label of a Deployment, it is one of ours.
    assert ("apply", "Deployment") in operator.cluster.writes


async def test_a_ready_pod_that_is_not_in_sight_is_told() -> None:
    operator = await ready()
    antaeus = operator.cluster.must_get("Pod", "shop-antaeus-0")
    del antaeus["metadata"]["labels"][STACK_LABEL]
    operator.cluster.have(antaeus)
    await operator.reconcile()

    assert operator.condition("Ready") == ("False", "PodsUnseen")
    assert operator.condition("Stalled") == ("True", "PodsUnseen")
    message = conditions_of(operator.status)["Ready"]["message"]
    assert message.startswith("antaeus has 1 ready pods, and 0 of them in sight: find out who")


async def test_a_watch_that_lags_behind_is_no_such_case() -> None:
    operator = await ready()
    operator.dependencies.inventory.lose(POD, operator.stack.key._replace(name="shop-antaeus-0"))
    await operator.reconcile(with_stale_cache=True)

    assert operator.condition("Ready") == ("True", "AllReady")
