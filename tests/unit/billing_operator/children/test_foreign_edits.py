"""What the operator claims, where the API server would not take its fields beside another's."""

import json
from typing import Any

import pytest

from billing_operator.children.foreign_edits import release_replicas, take_fields
from billing_operator.kinds import Manifest
from billing_operator.names import MANAGER
from support.operator.applied import applied, owned_fields

_POD = {"containers": [{"name": "payment", "env": [{"name": "A", "value": "1"}]}]}


def a_deployment(strategy: Manifest | None = None, **pod: Any) -> Manifest:
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "shop-payment", "namespace": "payments"},
        "spec": {
            "strategy": strategy or {"type": "Recreate"},
            "template": {"spec": {**_POD, **pod}},
        },
    }


def a_service(*ports: int) -> Manifest:
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": "shop-payment", "namespace": "payments"},
        "spec": {"ports": [{"name": "charges", "port": each, "protocol": "TCP"} for each in ports]},
    }


def edited(live: Manifest, fields: Manifest, **entry: str) -> Manifest:
    """What an object looks like after somebody set these fields by hand."""
    live["metadata"]["managedFields"].append(
        {"manager": "kubectl-patch", "operation": "Update", "fieldsV1": fields} | entry
    )
    return live


def in_pod(fields: Manifest) -> Manifest:
    return {"f:spec": {"f:template": {"f:spec": fields}}}


def in_container(fields: Manifest) -> Manifest:
    return in_pod({"f:containers": {'k:{"name":"payment"}': fields}})


def owned_by(manager: str, entries: list[Manifest] | None) -> Manifest:
    assert entries is not None
    found = [entry["fieldsV1"] for entry in entries if entry["manager"] == manager]
    assert len(found) <= 1
    return found[0] if found else {}


@pytest.mark.parametrize(
    "rival",
    [
        {"f:spec": {"f:strategy": {"f:rollingUpdate": {".": {}, "f:maxSurge": {}}}}},
        in_container({"f:env": {'k:{"name":"A"}': {"f:valueFrom": {".": {}}}}}),
        in_pod({"f:volumes": {'k:{"name":"data"}': {"f:hostPath": {}}}}),
        in_container({"f:readinessProbe": {"f:exec": {"f:command": {}}}}),
    ],
    ids=[
        "another strategy",
        "another source of a variable",
        "another kind of volume",
        "another kind of probe",
    ],
)
def test_what_excludes_a_field_of_ours_becomes_ours_and_nobody_elses(rival: Manifest) -> None:
    wanted = a_deployment(volumes=[{"name": "data", "emptyDir": {}}])
    wanted["spec"]["template"]["spec"]["containers"][0]["readinessProbe"] = {"httpGet": {}}
    entries = take_fields(wanted, edited(applied(wanted), rival), MANAGER)

    assert owned_by("kubectl-patch", entries) == {}
    # The server refuses an entry that owns nothing.
    assert entries is not None
    assert all(entry["fieldsV1"] for entry in entries)
    ours = json.dumps(owned_by(MANAGER, entries))
    leaf = json.dumps(rival).rpartition('"f:')[2].partition('"')[0]
    assert leaf in ours
    for field in ("f:type", "f:containers", "f:emptyDir", "f:httpGet"):
        assert field in ours


def test_what_can_stand_beside_ours_stays_with_whoever_set_it() -> None:
    kept: Manifest = {
        "f:metadata": {"f:labels": {"f:team": {}}},
        "f:spec": {
            "f:paused": {},
            "f:template": {
                "f:spec": {
                    "f:tolerations": {},
                    "f:containers": {
                        'k:{"name":"payment"}': {
                            "f:env": {'k:{"name":"B"}': {"f:value": {}}},
                            "f:readinessProbe": {"f:initialDelaySeconds": {}},
                        },
                        'k:{"name":"sidecar"}': {".": {}, "f:image": {}},
                    },
                }
            },
        },
    }
    rival = json.loads(json.dumps(kept))
    rival["f:spec"]["f:strategy"] = {"f:rollingUpdate": {}}
    wanted = a_deployment()
    wanted["spec"]["template"]["spec"]["containers"][0]["readinessProbe"] = {"httpGet": {}}

    assert take_fields(wanted, edited(applied(wanted), kept), MANAGER) is None
    entries = take_fields(wanted, edited(applied(wanted), rival), MANAGER)
    assert owned_by("kubectl-patch", entries) == kept


def test_ports_of_a_service_make_room_for_the_ones_that_are_wanted() -> None:
    foreign = a_service(80)
    other = {"name": "metrics", "port": 81, "protocol": "TCP"}
    foreign["spec"]["ports"].append(other)
    foreign["metadata"]["managedFields"] = []
    both: Manifest = {f'k:{{"port":{port},"protocol":"TCP"}}': {"f:port": {}} for port in (80, 81)}
    edited(foreign, {"f:spec": {"f:ports": both}})
    entries = take_fields(a_service(9000), foreign, MANAGER)

    claimed = owned_by(MANAGER, entries)["f:spec"]["f:ports"]
    assert list(claimed) == ['k:{"port":80,"protocol":"TCP"}']
    theirs = owned_by("kubectl-patch", entries)["f:spec"]["f:ports"]
    assert list(theirs) == ['k:{"port":81,"protocol":"TCP"}']
    assert entries is not None
    assert [entry["operation"] for entry in entries] == ["Update", "Apply"]
    assert entries[1]["apiVersion"] == "v1"


def test_the_same_fields_set_by_somebody_else_are_no_rivals() -> None:
    wanted = a_deployment()
    theirs = owned_fields(wanted)

    assert take_fields(wanted, edited(applied(wanted), theirs), MANAGER) is None


@pytest.mark.parametrize(
    "entry",
    [{"manager": MANAGER}, {"subresource": "status"}],
    ids=["fields of our own", "fields of the status"],
)
def test_neither_our_own_fields_nor_those_of_a_subresource_are_claimed(
    entry: dict[str, str],
) -> None:
    wanted = a_deployment()
    rival: Manifest = {"f:spec": {"f:strategy": {"f:rollingUpdate": {}}}}

    assert take_fields(wanted, edited(applied(wanted), rival, **entry), MANAGER) is None


def test_the_object_that_was_looked_at_stays_as_it_is() -> None:
    wanted = a_deployment()
    rival: Manifest = {"f:spec": {"f:strategy": {"f:rollingUpdate": {}}}}
    live = edited(applied(wanted), rival)
    before = json.dumps(live)
    take_fields(wanted, live, MANAGER)

    assert json.dumps(live) == before


def test_replicas_that_another_is_to_decide_are_nobodys_before_they_are_left_out() -> None:
    live = applied({**a_deployment(), "spec": {**a_deployment()["spec"], "replicas": 3}})
    live = edited(live, {"f:metadata": {"f:labels": {"f:team": {}}}})

    entries = release_replicas(a_deployment(), live, MANAGER)

    assert owned_by(MANAGER, entries) == owned_fields(a_deployment())
    assert owned_by("kubectl-patch", entries) == {"f:metadata": {"f:labels": {"f:team": {}}}}
    # What was read is left as it was.
    assert "f:replicas" in live["metadata"]["managedFields"][0]["fieldsV1"]["f:spec"]


def test_there_is_nothing_to_let_go_of_what_is_named_or_is_not_ours() -> None:
    named = {**a_deployment(), "spec": {**a_deployment()["spec"], "replicas": 3}}

    assert release_replicas(named, applied(named), MANAGER) is None
    assert release_replicas(a_deployment(), applied(a_deployment()), MANAGER) is None
    assert release_replicas(a_deployment(), applied(named, manager="kubectl"), MANAGER) is None
    assert release_replicas(a_service(9000), applied(a_service(9000)), MANAGER) is None
