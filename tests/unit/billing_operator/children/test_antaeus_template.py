"""Antaeus keeps its template while it runs, since a restart forgets every payment."""

import json
from typing import Any

import pytest

from billing_operator.children.antaeus_template import AntaeusTemplate, template_to_run
from billing_operator.desired import antaeus
from billing_operator.inputs import Installation, Token
from billing_operator.kinds import Manifest
from billing_operator.names import APPLIED_TEMPLATE
from billing_operator.observed.stack import Observed, observe
from billing_operator.spec.stack import Stack
from support.operator.applied import applied
from support.operator.builders import a_pod, a_stack, a_token, an_installation

NEW_DEFAULT = an_installation(antaeus_image="example.test/antaeus:2")
RUNNING = a_pod("antaeus")


def template(stack: Stack | None = None, token: Token | None = None) -> Manifest:
    """What the operator of the tests makes of a stack."""
    return antaeus.template(stack or a_stack(), token or a_token(), an_installation())


def seen_with(applied_template: Manifest, *pods: Manifest) -> Observed:
    """Antaeus' Deployment as it was applied, and its pods."""
    return observe([applied(antaeus.deployment(a_stack(), applied_template))], pods)


def decided(
    seen: Observed,
    *,
    installation: Installation = NEW_DEFAULT,
    token: Token | None = None,
    **spec: Any,
) -> AntaeusTemplate:
    return template_to_run(a_stack(**spec), seen, token or a_token(), installation)


def image(of: AntaeusTemplate) -> str:
    found: str = of.template["spec"]["containers"][0]["image"]
    return found


def test_a_stack_without_antaeus_gets_the_newest_template() -> None:
    assert decided(observe([], [])) == AntaeusTemplate(
        antaeus.template(a_stack(), a_token(), NEW_DEFAULT)
    )


def test_another_default_image_waits_while_antaeus_runs() -> None:
    found = decided(seen_with(template(), RUNNING))

    assert found == AntaeusTemplate(template(), "image example.test/antaeus:2")


def test_a_template_of_a_newer_operator_waits_while_antaeus_runs() -> None:
    older = template()
    older["spec"]["terminationGracePeriodSeconds"] = 5
    found = decided(seen_with(older, RUNNING), installation=an_installation())

    assert found == AntaeusTemplate(older, "a newer pod template of the operator")


def test_nothing_waits_where_antaeus_runs_by_the_newest_template() -> None:
    found = decided(seen_with(template(), RUNNING), installation=an_installation())

    assert found == AntaeusTemplate(template(), None)


@pytest.mark.parametrize(
    "pods",
    [
        pytest.param((), id="no pod is there"),
        pytest.param((a_pod("antaeus", leaving=True),), id="the pod is on its way out"),
        pytest.param((a_pod("antaeus", phase="Pending"),), id="the pod has not started"),
        pytest.param(
            (a_pod("antaeus", waiting={"reason": "CrashLoopBackOff"}),),
            id="the container has ended and waits to be started again",
        ),
        pytest.param((a_pod("payment"),), id="only payment runs"),
    ],
)
def test_the_newest_template_is_taken_where_no_antaeus_runs(pods: tuple[Manifest, ...]) -> None:
    found = decided(seen_with(template(), *pods))

    assert (image(found), found.pending_update) == ("example.test/antaeus:2", None)


@pytest.mark.parametrize(
    "choice",
    [
        pytest.param({"image": "example.test/own:1"}, id="another image"),
        pytest.param({"startupSeconds": 60}, id="another time to start in"),
        pytest.param({"env": [{"name": "A", "value": "b"}]}, id="another variable"),
    ],
)
def test_what_a_user_chooses_goes_through_at_once(choice: Manifest) -> None:
    found = decided(seen_with(template(), RUNNING), antaeus=choice)

    assert image(found) == choice.get("image", "example.test/antaeus:2")
    assert found.pending_update is None


def test_another_token_goes_through_at_once() -> None:
    found = decided(seen_with(template(), RUNNING), token=a_token("second"))

    assert (image(found), found.pending_update) == ("example.test/antaeus:2", None)


def test_to_stop_antaeus_changes_no_template_that_waits() -> None:
    found = decided(seen_with(template(), RUNNING), antaeus={"replicas": 0})

    assert found == AntaeusTemplate(template(), "image example.test/antaeus:2")


def test_somebodys_change_of_the_live_template_is_not_taken_for_what_antaeus_runs_by() -> None:
    seen = seen_with(template(), RUNNING)
    (live,) = seen.children.values()
    live["spec"]["template"]["spec"]["containers"][0]["image"] = "theirs"

    assert image(decided(seen)) == "example.test/antaeus:1"


@pytest.mark.parametrize(
    "note",
    [
        pytest.param(None, id="no note at all"),
        pytest.param("", id="an empty note"),
        pytest.param("null", id="null"),
        pytest.param("[]", id="a list"),
        pytest.param("{}", id="an empty mapping"),
        pytest.param("7", id="a number"),
        pytest.param("no json", id="no JSON"),
        pytest.param(json.dumps({"metadata": {"annotations": {}}}), id="a template without origin"),
    ],
)
def test_without_a_readable_note_of_what_runs_the_template_is_made_anew(note: str | None) -> None:
    seen = seen_with(template(), RUNNING)
    (live,) = seen.children.values()
    annotations = {} if note is None else {APPLIED_TEMPLATE: note}
    live["metadata"]["annotations"] = annotations
    found = decided(seen)

    assert (image(found), found.pending_update) == ("example.test/antaeus:2", None)


ONE = {"name": "A", "value": "1"}
TWO = {"name": "B", "value": "2"}


def of_antaeus(**choices: Any) -> Manifest:
    return {"antaeus": choices}


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (
            of_antaeus(resources={"limits": {"memory": "1Gi"}}),
            of_antaeus(resources={"limits": {"memory": "1024Mi"}}),
        ),
        (
            of_antaeus(resources={"requests": {"cpu": 1}}),
            of_antaeus(resources={"requests": {"cpu": "1000m"}}),
        ),
        (of_antaeus(env=[ONE, TWO]), of_antaeus(env=[TWO, ONE])),
    ],
    ids=["memory", "CPU", "the order of variables"],
)
def test_what_is_only_written_otherwise_does_not_restart_antaeus(
    before: Manifest, after: Manifest
) -> None:
    running = template(a_stack(**before))
    found = decided(seen_with(running, RUNNING), installation=an_installation(), **after)

    assert found == AntaeusTemplate(running, None)
    # Nor does it where a newer operator would change something else besides.
    later = decided(seen_with(running, RUNNING), installation=NEW_DEFAULT, **after)
    assert later == AntaeusTemplate(running, "image example.test/antaeus:2")


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (
            of_antaeus(resources={"limits": {"memory": "1Gi"}}),
            of_antaeus(resources={"limits": {"memory": "1G"}}),
        ),
        # Of these the second can refer to the first, and not the other way round.
        (
            of_antaeus(env=[ONE, {"name": "B", "value": "$(A)"}]),
            of_antaeus(env=[{"name": "B", "value": "$(A)"}, ONE]),
        ),
        # Not a quantity.
        (
            of_antaeus(env=[{"name": "A", "value": "1Gi"}]),
            of_antaeus(env=[{"name": "A", "value": "1024Mi"}]),
        ),
        (of_antaeus(env=[ONE, TWO]), of_antaeus(env=[ONE])),
    ],
    ids=["another amount", "variables that refer to others", "a text", "one variable fewer"],
)
def test_what_is_chosen_otherwise_goes_through(before: Manifest, after: Manifest) -> None:
    running = template(a_stack(**before))
    found = decided(seen_with(running, RUNNING), installation=an_installation(), **after)

    assert found.template == template(a_stack(**after))
