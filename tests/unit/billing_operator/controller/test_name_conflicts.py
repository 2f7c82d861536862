"""Names of children that somebody else has taken: all are told, so that nobody mends one by one."""

from support.operator.builders import a_body, an_object
from support.operator.in_memory import OperatorInMemory

TAKEN = ("ConfigMap shop-profile", "Service shop-antaeus", "Deployment shop-payment")


def told(operator: OperatorInMemory) -> str:
    [message] = [
        each["message"] for each in operator.status["conditions"] if each["type"] == "NameConflict"
    ]
    return str(message)


async def test_all_names_that_are_taken_are_told_together() -> None:
    foreign = [an_object(*each.split()) for each in TAKEN]
    operator = OperatorInMemory(a_body(), *foreign)
    await operator.reconcile()
    at_first = told(operator)
    await operator.reconcile()

    # The pods are not tried before all else is there.
    assert [each for each in TAKEN if f"{each} exists" in at_first] == list(TAKEN[:2])
    assert [each for each in TAKEN if f"{each} exists" in told(operator)] == list(TAKEN)
    assert told(operator).count("kubectl annotate") == len(TAKEN)
    assert operator.condition("Ready") == ("False", "NameConflict")
