"""The CronJob of a stack: always there, and none of its Jobs begins by itself."""

import tomllib
from importlib.metadata import EntryPoint
from typing import Any

import pytest

from billing_dev.tree import ROOT
from billing_operator.commands.pay_run import main
from billing_operator.desired import billing
from billing_operator.kinds import Manifest
from billing_operator.names import BILLING, STACK_LABEL
from support.operator.builders import OPERATOR_IMAGE, a_stack, an_installation


def cron(**spec: Any) -> Manifest:
    made: Manifest = billing.cron_job(a_stack(**spec), an_installation())["spec"]
    return made


def pod(**spec: Any) -> Manifest:
    found: Manifest = cron(**spec)["jobTemplate"]["spec"]["template"]["spec"]
    return found


def test_without_a_schedule_it_is_there_and_suspended() -> None:
    made = cron()

    assert made["suspend"] is True
    assert made["schedule"]
    assert "timeZone" not in made


def test_with_a_schedule_it_is_not() -> None:
    made = cron(billing={"schedule": "0 6 1 * *", "timeZone": "Etc/UTC"})

    assert (made["schedule"], made["timeZone"], made["suspend"]) == ("0 6 1 * *", "Etc/UTC", False)


def test_a_stack_that_sleeps_makes_no_runs() -> None:
    assert cron(hibernate=True, billing={"schedule": "@monthly"})["suspend"] is True


def test_runs_never_overlap_nor_begin_by_themselves_nor_twice() -> None:
    made = cron(billing={"schedule": "* * * * *"})
    job = made["jobTemplate"]["spec"]

    assert made["concurrencyPolicy"] == "Forbid"
    assert job["suspend"] is True
    assert (job["backoffLimit"], job["podReplacementPolicy"]) == (0, "Failed")
    assert job["template"]["spec"]["restartPolicy"] == "Never"


def test_what_the_spec_says_of_time_and_history_is_so() -> None:
    part = {
        "activeDeadlineSeconds": 10,
        "startingDeadlineSeconds": 60,
        "successfulJobsHistoryLimit": 1,
        "failedJobsHistoryLimit": 2,
    }
    made = cron(billing=part)

    assert {name: made.get(name, made["jobTemplate"]["spec"].get(name)) for name in part} == part


def test_jobs_and_pods_are_found_by_the_stacks_labels() -> None:
    template = cron()["jobTemplate"]

    for labels in (template["metadata"], template["spec"]["template"]["metadata"]):
        assert labels["labels"][STACK_LABEL] == "shop"


def test_a_run_is_the_operators_own_image_with_no_rights() -> None:
    found = pod()
    (container,) = found["containers"]

    assert container["image"] == OPERATOR_IMAGE
    assert container["name"] == BILLING
    assert container["command"] == ["billing-run", "http://shop-antaeus:8000"]
    assert found["automountServiceAccountToken"] is False
    assert found["securityContext"]["runAsNonRoot"] is True
    assert container["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    }
    assert container["terminationMessagePolicy"] == "File"


def test_the_operators_image_has_the_command_of_a_run_on_its_path() -> None:
    (container,) = pod()["containers"]
    scripts = tomllib.loads((ROOT / "operator/pyproject.toml").read_text())["project"]["scripts"]
    image = (ROOT / "Dockerfile.operator").read_text()

    assert EntryPoint(container["command"][0], scripts[container["command"][0]], "").load() is main
    assert "RUN python3 -m venv --without-pip /app \\" in image
    assert "ENV PATH=/app/bin:$PATH" in image


def test_resources_can_be_given_and_left_out() -> None:
    (given,) = pod(billing={"resources": {"limits": {"memory": "1Gi"}}})["containers"]
    (none,) = pod(billing={"resources": {}})["containers"]

    assert given["resources"] == {"limits": {"memory": "1Gi"}}
    assert "resources" not in none


def test_it_runs_where_payment_may_and_is_pulled_by_the_secrets_of_both() -> None:
    found = pod(
        payment={
            "nodeSelector": {"a": "b"},
            "tolerations": [{"key": "c", "operator": "Exists"}],
            "affinity": {"nodeAffinity": {}},
            "imagePullSecrets": [{"name": "one"}, {"name": "two"}],
        },
        antaeus={"imagePullSecrets": [{"name": "two"}, {"name": "three"}]},
    )

    assert found["nodeSelector"] == {"a": "b"}
    assert found["tolerations"] == [{"key": "c", "operator": "Exists"}]
    assert "affinity" not in found
    assert [each["name"] for each in found["imagePullSecrets"]] == ["one", "two", "three"]
    assert not {"nodeSelector", "tolerations", "imagePullSecrets"} & pod().keys()


@pytest.mark.parametrize("version", ["0.1.0", "9.9.9"])
def test_a_release_alone_changes_no_cron_job(version: str) -> None:
    made = billing.cron_job(a_stack(), an_installation(version=version))

    assert made == billing.cron_job(a_stack(), an_installation())
