import json
from typing import Any

import pytest

from billing_dev.cluster.kind_config import MIRRORS_IN_NODE, kind_config
from billing_dev.cluster.paths import Cluster


def node_of(name: str) -> dict[str, Any]:
    node: dict[str, Any] = json.loads(kind_config(Cluster(name), network_in_image=True))["nodes"][0]
    return node


def api_server_patch(name: str) -> dict[str, Any]:
    patches = json.loads(kind_config(Cluster(name), network_in_image=True))["kubeadmConfigPatches"]
    patch: dict[str, Any] = json.loads(patches[0])
    return patch


def api_server_of(name: str) -> dict[str, Any]:
    server: dict[str, Any] = api_server_patch(name)["apiServer"]
    return server


@pytest.mark.parametrize(
    ("name", "ports"),
    [("demo", {30008: 30008, 8080: 80}), ("test", {30018: 30008})],
    ids=["the demo's", "the tests'"],
)
def test_ports_listen_on_loopback_alone(name: str, ports: dict[int, int]) -> None:
    mappings = node_of(name)["extraPortMappings"]
    assert {entry["hostPort"]: entry["containerPort"] for entry in mappings} == ports
    assert {entry["listenAddress"] for entry in mappings} == {"127.0.0.1"}


@pytest.mark.parametrize(("name", "other"), [("demo", "test"), ("demo", "ship"), ("test", "ship")])
def test_no_two_clusters_share_a_port_or_a_folder(name: str, other: str) -> None:
    one, two = Cluster(name), Cluster(other)
    assert not one.ports.keys() & two.ports.keys()
    assert one.home != two.home
    assert one.node != two.node


@pytest.mark.parametrize(("name", "told"), [("demo", False), ("test", False), ("ship", True)])
def test_only_one_cluster_is_told_by_files_where_to_pull_from(name: str, told: bool) -> None:  # noqa: FBT001 - both values are the point
    config = json.loads(kind_config(Cluster(name), network_in_image=True))
    assert (
        any(MIRRORS_IN_NODE in patch for patch in config.get("containerdConfigPatches", ())) is told
    )


def test_the_audit_log_ends_up_where_the_cluster_says() -> None:
    folder, _, name = api_server_of("test")["extraArgs"]["audit-log-path"].rpartition("/")
    mounts = {entry["containerPath"]: entry["hostPath"] for entry in node_of("test")["extraMounts"]}
    assert f"{mounts[folder]}/{name}" == str(Cluster("test").audit_log)


def test_the_patch_fits_the_kubeadm_of_every_kubernetes() -> None:
    patch = api_server_patch("test")
    # kind turns a map into v1beta4's list only where the patch names no version of its own.
    assert "apiVersion" not in patch
    assert isinstance(patch["apiServer"]["extraArgs"], dict)


def test_the_api_server_sees_what_the_node_mounts() -> None:
    mounted = {entry["containerPath"] for entry in node_of("test")["extraMounts"]}
    assert {entry["hostPath"] for entry in api_server_of("test")["extraVolumes"]} == mounted


@pytest.mark.parametrize("in_image", [True, False])
def test_kind_brings_the_network_unless_the_image_has_it(in_image: bool) -> None:  # noqa: FBT001 - both values are the point
    config = json.loads(kind_config(Cluster("test"), network_in_image=in_image))
    assert config["networking"]["disableDefaultCNI"] is in_image


def test_the_kubelet_keeps_its_own_intervals() -> None:
    config = kind_config(Cluster("test"), network_in_image=True)
    assert "Frequency" not in config
    assert "Period" not in config
