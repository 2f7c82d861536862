"""A schedule that the schema takes is one that Kubernetes takes, and nonsense is neither."""

import pytest

from billing_dev.clients.api_server import ApiServer
from billing_operator.desired import billing
from billing_operator.inputs import Installation
from billing_operator.kinds import BILLING_STACK, CRON_JOB
from billing_operator.spec.stack import Stack
from support.cluster.workspace import a_stack

# The schema comes with the operator; nothing is made here, so that any namespace will do.
pytestmark = pytest.mark.usefixtures("installed")

_NAMESPACE = "default"
_INSTALLATION = Installation("billing-system", "antaeus:1", "payment:1", "operator:1", "1")


def _said_of_the_stack(api: ApiServer, schedule: str, zone: str | None = None) -> str | None:
    wanted = {"schedule": schedule} | ({"timeZone": zone} if zone else {})
    return api.would_refuse(BILLING_STACK, a_stack("shop", _NAMESPACE, {"billing": wanted}))


def _said_of_the_cron_job(api: ApiServer, schedule: str, zone: str | None = None) -> str | None:
    body = a_stack("shop", _NAMESPACE, {"billing": {"schedule": schedule, "timeZone": zone}})
    body["metadata"]["uid"] = "0-0-0"
    return api.would_refuse(CRON_JOB, billing.cron_job(Stack.from_body(body), _INSTALLATION))


@pytest.mark.parametrize(
    "schedule",
    [
        "* * * * *",
        "0 6 1 * *",
        "*/15 0-6,22,23 1-7 JAN,jul MON-fri",
        "59 23 31 12 6",
        "5/10 8-18/2 ? * ?",
        "00 06 01 01 0",
        "0  6 1 * *",
        *("@yearly", "@annually", "@monthly", "@weekly", "@daily", "@midnight", "@hourly"),
    ],
)
def test_what_the_schema_takes_kubernetes_takes(api: ApiServer, schedule: str) -> None:
    assert _said_of_the_stack(api, schedule) is None
    assert _said_of_the_cron_job(api, schedule) is None


@pytest.mark.parametrize(
    "schedule",
    [
        *("monthly", "@often", "@monthly ", " @monthly", "0 6 1 *", "0 6 1 * * *", "0 0 6 1 * *"),
        *("60 * * * *", "* 24 * * *", "* * 0 * *", "* * 32 * *", "* * * 13 *", "* * * * 7"),
        *("a * * * *", "*/0 * * * *", "1- * * * *", "1,,2 * * * *", "* * * FOO *", "-1 * * * *"),
        *("TZ=Etc/UTC 0 6 1 * *", "CRON_TZ=Etc/UTC 0 6 1 * *", "@every 1h", "0 6 1 * *\n"),
    ],
)
def test_nonsense_is_refused_with_what_is_right(api: ApiServer, schedule: str) -> None:
    said = _said_of_the_stack(api, schedule)

    assert said is not None
    assert "billing.schedule: write the five fields of cron" in said
    assert "'0 0 1 * *'" in said


@pytest.mark.parametrize("zone", ["Europe/Copenhagen", "America/Argentina/Ushuaia", "Etc/GMT+1"])
def test_time_zones_have_their_usual_names(api: ApiServer, zone: str) -> None:
    assert _said_of_the_stack(api, "@daily", zone) is None
    assert _said_of_the_cron_job(api, "@daily", zone) is None


@pytest.mark.parametrize("zone", ["Local", "/etc/localtime", "UTC+1:00", "Europe/", "../UTC"])
def test_other_words_for_a_time_zone_are_refused(api: ApiServer, zone: str) -> None:
    said = _said_of_the_stack(api, "@daily", zone)

    assert said is not None
    assert "billing.timeZone: give a name of the IANA time zone database" in said


def test_a_time_zone_without_a_schedule_is_refused(api: ApiServer) -> None:
    stack = a_stack("shop", _NAMESPACE, {"billing": {"timeZone": "Etc/UTC"}})
    said = api.would_refuse(BILLING_STACK, stack)

    assert said is not None
    assert "billing.timeZone needs billing.schedule" in said


@pytest.mark.parametrize(
    ("field", "value", "least"),
    [
        ("activeDeadlineSeconds", 9, 10),
        ("startingDeadlineSeconds", 59, 60),
        # With none kept, what a run said would go with its Job before anybody has read it.
        ("successfulJobsHistoryLimit", 0, 1),
        ("failedJobsHistoryLimit", 0, 1),
    ],
)
def test_a_limit_that_would_lose_runs_is_refused(
    api: ApiServer, field: str, value: int, least: int
) -> None:
    said = api.would_refuse(BILLING_STACK, a_stack("s", _NAMESPACE, {"billing": {field: value}}))

    assert said is not None
    assert f"spec.billing.{field}" in said
    assert f"greater than or equal to {least}" in said
