"""What a deployment says before it begins, and while it waits."""

from pathlib import Path

import pytest

from billing_dev.clients.kube import Manifest
from billing_dev.cluster.errors import ClusterError
from billing_dev.shipping.command import main
from billing_dev.shipping.deploy import deploy, troubles


def a_pod(**status: object) -> Manifest:
    return {"metadata": {"name": "billing-operator-5f"}, "status": status}


def test_without_a_push_there_is_nothing_to_deploy(tmp_path: Path) -> None:
    with pytest.raises(ClusterError, match="make push REGISTRY="):
        deploy({"RELEASE": str(tmp_path)})


def test_a_command_that_cannot_do_its_work_says_so_and_fails(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["deploy"], {"RELEASE": str(tmp_path)}) == 1

    said = capsys.readouterr().err
    assert said.startswith("error: There is no ")
    assert "==> deploy: FAILED after 0 s" in said


def test_an_image_that_cannot_be_pulled_is_told() -> None:
    waiting = {"reason": "ErrImagePull", "message": "no such host"}
    pod = a_pod(containerStatuses=[{"state": {"waiting": waiting}}])

    assert troubles([pod]) == ["pod billing-operator-5f: ErrImagePull: no such host"]


def test_a_pod_that_finds_no_node_is_told() -> None:
    condition = {"reason": "Unschedulable", "message": "0/1 nodes are available"}

    assert troubles([a_pod(conditions=[condition])]) == [
        "pod billing-operator-5f: Unschedulable: 0/1 nodes are available"
    ]


def test_a_pod_that_only_takes_its_time_is_no_trouble() -> None:
    pod = a_pod(containerStatuses=[{"state": {"waiting": {"reason": "ContainerCreating"}}}])

    assert troubles([pod, a_pod()]) == []
