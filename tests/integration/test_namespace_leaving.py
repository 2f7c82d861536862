"""A namespace that is deleted takes its stacks along; the operator makes nothing there again."""

import pytest

from billing_dev.eventually import eventually
from billing_operator.kinds import BILLING_STACK
from support.cluster.limits import GONE
from support.cluster.workspace import Workspace

pytestmark = pytest.mark.minutes

_NAMESPACE = "/api/v1/namespaces/{}"
_LOUD = ("WARNING", "ERROR", "CRITICAL")


@pytest.mark.thorough
def test_a_deleted_namespace_is_gone_within_a_minute_and_nobody_complains(
    workspace: Workspace, caplog: pytest.LogCaptureFixture
) -> None:
    with workspace.operator() as operator:
        workspace.apply("shop", {"antaeus": {"replicas": 0}})
        workspace.until_ready("shop")
        workspace.apply("other", {"hibernate": True})
        workspace.until_ready("other")

        workspace.api.delete_namespace(workspace.namespace)
        # Whoever asks now is not to make what was just removed.
        operator.resync()
        eventually(
            lambda: workspace.api.get(_NAMESPACE.format(workspace.namespace)),
            lambda found: found is None,
            within=GONE,
        )

        operator.until_idle()
        assert workspace.api.list(BILLING_STACK, workspace.namespace) == []
        assert operator.count("billing_operator_reconcile_total", result="failed") == 0
    ours = [record for record in caplog.records if record.name.startswith("billing_operator")]
    assert [record.getMessage() for record in ours if record.levelname in _LOUD] == []
