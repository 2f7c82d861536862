"""A number in the spec stays what was meant, however it is written and by whichever apply."""

import json
from pathlib import Path
from typing import Any

import pytest

from billing_operator.kinds import BILLING_STACK
from support.cluster.workspace import NO_PODS, Workspace, a_stack


@pytest.mark.parametrize("mode", ["client-side", "server-side"])
@pytest.mark.parametrize(
    ("written", "meant"),
    [
        pytest.param("1", 1.0, id="a whole number"),
        pytest.param("1.0", 1.0, id="the same with a point"),
        pytest.param("0.1", 0.1, id="a fraction that no double holds exactly"),
    ],
)
def test_a_success_rate_survives_a_round_trip_by_apply(
    workspace: Workspace, tmp_path: Path, mode: str, written: str, meant: float
) -> None:
    file = tmp_path / "stack.json"
    spec: dict[str, Any] = {**NO_PODS, "payment": {**NO_PODS["payment"], "successRate": "RATE"}}
    text = json.dumps(a_stack("shop", workspace.namespace, spec)).replace('"RATE"', written)
    file.write_text(text)
    apply = ["apply", *(["--server-side"] if mode == "server-side" else []), "-f", str(file)]

    workspace.kube(*apply)
    first = workspace.api.get(BILLING_STACK.path(workspace.namespace, "shop"))
    workspace.kube(*apply)
    second = workspace.api.get(BILLING_STACK.path(workspace.namespace, "shop"))

    assert first is not None
    assert second is not None
    assert second["spec"]["payment"]["successRate"] == meant
    # What is applied again as it was is no change, or each run of a pipeline would be one.
    generations = (first["metadata"]["generation"], second["metadata"]["generation"])
    assert generations == (1, 1)
