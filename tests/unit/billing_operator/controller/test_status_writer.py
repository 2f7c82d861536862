"""A status is written only by the version of the stack that was judged."""

from support.operator.builders import a_reading
from support.operator.in_memory import ready


async def test_a_change_that_came_before_the_status_was_written_is_judged_at_once() -> None:
    """By the answer to the write it would be known, and its own event would tell nothing new."""
    operator = await ready()
    await operator.watch()
    operator.dependencies.readings.note("stack-uid", a_reading(3, 7))
    operator.change(payment={"successRate": 0.9})

    assert await operator.reconcile(with_stale_cache=True) == 0.0
    assert operator.status["observedGeneration"] == 1
    # Its cache has the change, though no watch has told it.
    await operator.reconcile(with_stale_cache=True)
    assert ("apply", "ConfigMap") in operator.cluster.writes
