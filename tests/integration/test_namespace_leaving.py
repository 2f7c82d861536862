"""A namespace that is deleted takes its stacks along; the operator makes nothing there again."""

import pytest

from billing_operator.kinds import BILLING_STACK
from support.eventually import eventually
from support.limits import GONE
from support.scene import Scene

_NAMESPACE = "/api/v1/namespaces/{}"
_LOUD = ("WARNING", "ERROR", "CRITICAL")


@pytest.mark.thorough
def test_a_deleted_namespace_is_gone_within_a_minute_and_nobody_complains(
    scene: Scene, caplog: pytest.LogCaptureFixture
) -> None:
    with scene.operator() as operator:
        scene.apply("shop", {"antaeus": {"replicas": 0}})
        scene.until_ready("shop")
        scene.apply("other", {"hibernate": True})
        scene.until_ready("other")

        scene.api.delete_namespace(scene.namespace)
        # Whoever asks now is not to make what was just removed.
        operator.resync()
        eventually(
            lambda: scene.api.get(_NAMESPACE.format(scene.namespace)),
            lambda found: found is None,
            within=GONE,
        )

        operator.until_idle()
        assert scene.api.list(BILLING_STACK, scene.namespace) == []
        assert operator.count("billing_operator_reconcile_total", result="failed") == 0
    ours = [record for record in caplog.records if record.name.startswith("billing_operator")]
    assert [record.getMessage() for record in ours if record.levelname in _LOUD] == []
