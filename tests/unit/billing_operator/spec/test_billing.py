"""What spec.billing says; its defaults are compared with the schema's in tests/unit/repository."""

from billing_operator.spec.billing import RUN_RESOURCES, Billing
from support.operator.builders import a_stack


def test_where_nothing_is_said_runs_are_made_by_hand_alone() -> None:
    assert a_stack().billing == Billing(None, None, 3600, 3600, 3, 3, RUN_RESOURCES)


def test_everything_can_be_said() -> None:
    stack = a_stack(
        billing={
            "schedule": "0 6 1 * *",
            "timeZone": "Europe/Copenhagen",
            "activeDeadlineSeconds": 60,
            "startingDeadlineSeconds": 70,
            "successfulJobsHistoryLimit": 1,
            "failedJobsHistoryLimit": 2,
            "resources": {},
        }
    )

    assert stack.billing == Billing("0 6 1 * *", "Europe/Copenhagen", 60, 70, 1, 2, {})


def test_who_knows_a_batch_to_be_over_says_so_by_an_annotation() -> None:
    stack = a_stack(annotations={"billing.antaeus.io/acknowledge-run": "uid"})

    assert (stack.acknowledged_run, a_stack().acknowledged_run) == ("uid", None)
