"""A stack's own word is believed only where it speaks of the spec as it is now."""

from typing import Any

import pytest

from billing_dev.demo.standing import Standing, rolled_out, standing


def a_stack(generation: int, *conditions: dict[str, Any]) -> dict[str, Any]:
    return {
        "metadata": {"generation": generation},
        "status": {
            "conditions": list(conditions),
            "antaeus": {"image": "antaeus:1"},
            "payment": {"image": "payment:1"},
        },
    }


def a_condition(kind: str, status: str, message: str = "", of: int = 2) -> dict[str, Any]:
    return {"type": kind, "status": status, "message": message, "observedGeneration": of}


def test_a_new_stack_waits_for_the_operator() -> None:
    now = standing({"metadata": {"generation": 1}})
    assert not now.ready
    assert "operator" in now.words


def test_conditions_of_an_older_spec_count_as_none() -> None:
    assert not standing(a_stack(3, a_condition("Ready", "True", of=2))).ready


def test_a_ready_stack() -> None:
    stack = a_stack(2, a_condition("Ready", "True", "all well"), a_condition("Stalled", "False"))
    assert standing(stack) == Standing(
        ready=True, stalled=False, words="all well", antaeus="antaeus:1", payment="payment:1"
    )


def test_a_stuck_stack() -> None:
    stack = a_stack(2, a_condition("Ready", "False", "no image"), a_condition("Stalled", "True"))
    now = standing(stack)
    assert (now.ready, now.stalled, now.words) == (False, True, "no image")


def a_deployment(**changes: int) -> dict[str, Any]:
    counts = {"updatedReplicas": 1, "replicas": 1, "readyReplicas": 1, "observedGeneration": 3}
    return {
        "metadata": {"generation": 3},
        "spec": {"replicas": 1},
        "status": counts | changes,
    }


def test_a_deployment_that_has_arrived() -> None:
    assert rolled_out(a_deployment())


@pytest.mark.parametrize(
    "change",
    [{"observedGeneration": 2}, {"updatedReplicas": 0}, {"replicas": 2}, {"readyReplicas": 0}],
    ids=["not seen yet", "an old pod", "an old pod beside the new", "not ready"],
)
def test_a_deployment_on_its_way(change: dict[str, int]) -> None:
    assert not rolled_out(a_deployment(**change))
