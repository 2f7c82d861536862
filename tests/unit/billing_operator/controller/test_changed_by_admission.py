"""What a policy of the cluster makes of the children: no quarrel, and no restart when it goes."""

from collections.abc import Callable

import pytest

from billing_operator.errors import ClusterError
from billing_operator.kinds import Manifest, applied_entry
from billing_operator.names import MANAGER
from billing_operator.reasons import Reason
from support.operator.billing_shop import begin, with_invoices
from support.operator.in_memory import STATUS, OperatorInMemory

LIMITED = {"antaeus": {"resources": {"limits": {"memory": "512Mi"}}}}
MEMORY = ".spec.template.spec.containers[antaeus].resources.limits.memory"
AT = f"Deployment shop-antaeus{MEMORY}"


def no_admission(_: Manifest) -> None:
    """The policy is deleted."""


def gives_antaeus_2_gi(live: Manifest) -> None:
    if live["metadata"]["name"] == "shop-antaeus" and live["kind"] == "Deployment":
        limits_of(live)["memory"] = "2Gi"


def takes_the_limit_away(live: Manifest) -> None:
    if live["metadata"]["name"] == "shop-antaeus" and live["kind"] == "Deployment":
        limits_of(live).pop("memory", None)


def gives_antaeus_more_time(live: Manifest) -> None:
    if live["metadata"]["name"] == "shop-antaeus" and live["kind"] == "Deployment":
        live["spec"]["progressDeadlineSeconds"] = 900


def claims_to_manage(live: Manifest) -> None:
    live["metadata"]["labels"]["app.kubernetes.io/managed-by"] = "argocd"


def limits_of(live: Manifest) -> Manifest:
    (container,) = live["spec"]["template"]["spec"]["containers"]
    limits: Manifest = container["resources"]["limits"]
    return limits


async def ready_under(admission: Callable[[Manifest], None]) -> OperatorInMemory:
    """A stack that came up under a policy and is at rest."""
    operator = OperatorInMemory(**LIMITED)
    operator.cluster.admission = admission
    await operator.bring_up()
    assert operator.condition("Ready") == ("True", "AllReady")
    return operator


def template_of(operator: OperatorInMemory) -> Manifest:
    live = operator.cluster.must_get("Deployment", "shop-antaeus")
    template: Manifest = live["spec"]["template"]
    return template


async def resync(operator: OperatorInMemory) -> None:
    """What the controller does every five minutes, for one stack."""
    operator.dependencies.writer.ask_again()
    await operator.reconcile()


@pytest.mark.parametrize("admission", [gives_antaeus_2_gi, takes_the_limit_away, claims_to_manage])
async def test_what_admission_changes_is_applied_once_and_left_alone_until_a_resync(
    admission: Callable[[Manifest], None],
) -> None:
    operator = await ready_under(admission)
    for _ in range(3):
        await operator.reconcile()
        assert operator.cluster.writes == []
        assert ("dry run", "Deployment") not in operator.cluster.calls


async def test_it_is_told_once_with_field_and_object() -> None:
    operator = await ready_under(gives_antaeus_2_gi)
    await resync(operator)

    assert operator.condition("ChangedByAdmission") == ("True", "ChangedByAdmission")
    assert AT in operator.message("ChangedByAdmission")
    assert operator.announced.count("ChangedByAdmission") == 1
    assert "pendingUpdate" not in operator.status["antaeus"]


async def test_without_any_the_condition_is_false() -> None:
    operator = await ready_under(no_admission)

    assert operator.condition("ChangedByAdmission") == ("False", "AsExpected")


@pytest.mark.parametrize("admission", [gives_antaeus_2_gi, takes_the_limit_away])
async def test_antaeus_keeps_running_by_it_when_the_policy_goes(
    admission: Callable[[Manifest], None],
) -> None:
    operator = await ready_under(admission)
    before = template_of(operator)
    operator.cluster.admission = no_admission
    await resync(operator)

    assert template_of(operator) == before
    assert operator.condition("Ready") == ("True", "AllReady")
    assert operator.condition("ChangedByAdmission") == ("False", "AsExpected")
    pending = operator.status["antaeus"]["pendingUpdate"]
    assert pending == f"{MEMORY} as the operator applies it, which admission changed"
    await operator.reconcile()
    assert operator.cluster.writes == []


@pytest.mark.parametrize("later", [gives_antaeus_2_gi, no_admission], ids=["stays", "goes"])
async def test_a_restart_of_the_operator_does_not_restart_antaeus(
    later: Callable[[Manifest], None],
) -> None:
    operator = await ready_under(gives_antaeus_2_gi)
    before = template_of(operator)
    operator.change_leader()
    operator.cluster.admission = later
    await operator.reconcile()
    await operator.reconcile()

    assert template_of(operator) == before


async def test_nor_does_a_repair_of_something_else_in_the_same_deployment() -> None:
    operator = await ready_under(gives_antaeus_2_gi)
    before = template_of(operator)
    operator.cluster.admission = no_admission
    edit(operator, "Deployment", "shop-antaeus", progressDeadlineSeconds=7)
    await operator.reconcile()

    live = operator.cluster.must_get("Deployment", "shop-antaeus")
    assert live["spec"]["progressDeadlineSeconds"] == 420
    assert live["spec"]["template"] == before


async def test_once_no_antaeus_runs_the_policy_is_really_gone() -> None:
    operator = await ready_under(gives_antaeus_2_gi)
    operator.cluster.admission = no_admission
    operator.cluster.take("Pod", "shop-antaeus-0")
    await operator.reconcile()

    assert limits_of(operator.cluster.must_get("Deployment", "shop-antaeus")) == {"memory": "512Mi"}


async def test_a_hand_edit_of_such_a_field_is_repaired_at_once() -> None:
    operator = await ready_under(no_admission)
    edit_memory(operator, "3Gi")
    await operator.reconcile()

    assert limits_of(operator.cluster.must_get("Deployment", "shop-antaeus")) == {"memory": "512Mi"}
    assert operator.condition("ChangedByAdmission") == ("False", "AsExpected")


async def test_a_hand_edit_beside_what_admission_changes_is_repaired_at_once() -> None:
    operator = await ready_under(claims_to_manage)
    edit(operator, "Service", "shop-payment", selector={"odd": "one"})
    await operator.reconcile()

    assert operator.cluster.writes == [("apply", "Service")]
    assert "odd" not in operator.cluster.must_get("Service", "shop-payment")["spec"]["selector"]
    await operator.reconcile()
    assert operator.cluster.writes == []


async def test_a_resync_asks_again_and_takes_back_what_admission_has_let_go_of() -> None:
    operator = await ready_under(claims_to_manage)
    operator.cluster.admission = no_admission
    await resync(operator)

    labels = operator.cluster.must_get("Service", "shop-payment")["metadata"]["labels"]
    assert labels["app.kubernetes.io/managed-by"] == "billing-operator"
    assert operator.condition("ChangedByAdmission") == ("False", "AsExpected")


async def test_a_suspended_stack_is_not_asked_again() -> None:
    operator = await ready_under(claims_to_manage)
    operator.change(suspend=True)
    await operator.reconcile()
    await resync(operator)

    assert set(operator.cluster.writes) <= {STATUS}
    assert operator.condition("Ready") == ("True", "AllReady")


async def test_admission_that_takes_no_dry_run_leaves_the_stack_ready() -> None:
    operator = await ready_under(gives_antaeus_2_gi)
    operator.cluster.faults["dry run", "Deployment"] = ClusterError(
        Reason.API_SERVER_ERROR, "does not support dry run", status=500
    )
    await resync(operator)

    assert operator.condition("Ready") == ("True", "AllReady")
    assert operator.condition("ChangedByAdmission") == ("True", "ChangedByAdmission")


async def test_another_spec_is_applied_whatever_admission_made_of_the_one_before() -> None:
    operator = await ready_under(gives_antaeus_2_gi)
    operator.change(antaeus={"resources": {"limits": {"memory": "600Mi"}}})
    operator.cluster.admission = no_admission
    await operator.reconcile()

    assert limits_of(operator.cluster.must_get("Deployment", "shop-antaeus")) == {"memory": "600Mi"}


async def at_work_under(admission: Callable[[Manifest], None]) -> OperatorInMemory:
    """Its run has leave to pay, so that no write restarts Antaeus."""
    operator = await with_invoices(await ready_under(admission))
    await begin(operator)
    await operator.reconcile()
    assert operator.status["billing"]["running"]["leaveTime"]
    return operator


@pytest.mark.parametrize("admission", [gives_antaeus_2_gi, gives_antaeus_more_time])
async def test_a_resync_during_a_batch_holds_nothing_back_that_is_only_asked_again(
    admission: Callable[[Manifest], None],
) -> None:
    operator = await at_work_under(admission)
    await resync(operator)

    assert ("apply", "Deployment") not in operator.cluster.writes
    assert operator.condition("Ready") == ("True", "AllReady")
    assert operator.condition("ChangedByAdmission") == ("True", "ChangedByAdmission")


@pytest.mark.parametrize("admission", [gives_antaeus_2_gi, gives_antaeus_more_time])
async def test_a_change_that_waits_for_a_batch_takes_nothing_back_of_what_was_told(
    admission: Callable[[Manifest], None],
) -> None:
    operator = await at_work_under(admission)
    before = template_of(operator)
    operator.change(antaeus=LIMITED["antaeus"] | {"podLabels": {"a": "b"}})
    await resync(operator)

    assert template_of(operator) == before
    assert operator.condition("Ready") == ("False", "UpdateHeld")
    assert operator.condition("ChangedByAdmission") == ("True", "ChangedByAdmission")
    assert operator.announced.count("ChangedByAdmission") == 1


async def test_what_a_running_antaeus_keeps_holds_no_repair_of_its_metadata_back() -> None:
    operator = await at_work_under(gives_antaeus_2_gi)
    before = template_of(operator)
    operator.cluster.admission = no_admission
    live = operator.cluster.must_get("Deployment", "shop-antaeus")
    labels = (applied_entry(live, MANAGER) or {})["fieldsV1"]["f:metadata"]["f:labels"]
    del labels["f:app.kubernetes.io/managed-by"]
    live["metadata"]["labels"]["app.kubernetes.io/managed-by"] = "somebody"
    operator.cluster.have(live)
    await operator.reconcile()

    live = operator.cluster.must_get("Deployment", "shop-antaeus")
    assert live["metadata"]["labels"]["app.kubernetes.io/managed-by"] == "billing-operator"
    assert template_of(operator) == before
    assert operator.condition("Ready") == ("True", "AllReady")


def edit_memory(operator: OperatorInMemory, memory: str) -> None:
    """What kubectl edit does: the field is not the operator's any more."""
    live = operator.cluster.must_get("Deployment", "shop-antaeus")
    limits_of(live)["memory"] = memory
    own = applied_entry(live, MANAGER) or {}
    (container,) = own["fieldsV1"]["f:spec"]["f:template"]["f:spec"]["f:containers"].values()
    del container["f:resources"]
    operator.cluster.have(live)


def edit(operator: OperatorInMemory, kind: str, name: str, **fields: object) -> None:
    """The same of fields right below the spec."""
    live = operator.cluster.must_get(kind, name)
    own = applied_entry(live, MANAGER) or {}
    for field, value in fields.items():
        live["spec"][field] = value
        del own["fieldsV1"]["f:spec"][f"f:{field}"]
    operator.cluster.have(live)
