"""Whether a live object still carries what was applied: ours is compared, others' is left alone."""

import copy
from typing import Any

import pytest

from billing_operator.children.drift import differences, drift
from billing_operator.desired import antaeus, desired
from billing_operator.kinds import Manifest
from support.operator.applied import applied
from support.operator.builders import a_stack, a_token, an_installation


def a_manifest(**spec: Any) -> Manifest:
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "shop-payment", "namespace": "payments", "labels": {"a": "b"}},
        "spec": spec or {"replicas": 1},
    }


def a_container(**changes: Any) -> Manifest:
    container = {"name": "payment", "image": "payment:1", **changes}
    return {"template": {"spec": {"containers": [container]}}}


def ours(live: Manifest) -> Manifest:
    fields: Manifest = live["metadata"]["managedFields"][0]["fieldsV1"]
    return fields


def found(wanted: Manifest, live: Manifest) -> str | None:
    return drift(wanted, live, "billing-operator")


def test_what_was_just_applied_does_not_differ() -> None:
    stack = a_stack(payment={"env": [{"name": "A", "value": "b"}]})
    template = antaeus.template(stack, a_token(), an_installation())
    groups = desired(stack, a_token(), an_installation(), antaeus_template=template)

    assert [found(each, applied(each)) for group in groups for each in group] == [None] * 13


def test_an_object_that_we_never_applied_differs() -> None:
    assert found(a_manifest(), applied(a_manifest(), manager="kubectl")) == "not applied yet"
    assert found(a_manifest(), a_manifest()) == "not applied yet"


@pytest.mark.parametrize(
    "entry",
    [{"operation": "Update"}, {"subresource": "scale"}],
    ids=["an update of ours", "our apply of the scale"],
)
def test_only_our_own_apply_of_the_object_itself_counts(entry: Manifest) -> None:
    live = applied(a_manifest())
    live["metadata"]["managedFields"][0] |= entry

    assert found(a_manifest(), live) == "not applied yet"


def test_a_changed_value_is_found_with_its_place() -> None:
    assert found(a_manifest(replicas=2), applied(a_manifest(replicas=1))) == ".spec.replicas"


def test_what_others_add_is_theirs() -> None:
    live = applied(a_manifest(**a_container()))
    live["metadata"]["annotations"] = {"injected": "yes"}
    live["spec"]["paused"] = False
    live["spec"]["template"]["spec"]["containers"].insert(0, {"name": "proxy", "image": "p:1"})

    assert found(a_manifest(**a_container()), live) is None


def test_a_field_that_is_not_wanted_any_more_is_found_while_we_own_it() -> None:
    live = applied(a_manifest(replicas=1, paused=True))

    assert found(a_manifest(replicas=1), live) == ".spec.paused"


def test_a_field_that_somebody_took_from_us_is_found_even_with_its_old_value() -> None:
    live = applied(a_manifest(replicas=1, paused=False))
    del ours(live)["f:spec"]["f:paused"]

    assert found(a_manifest(replicas=1, paused=False), live) == ".spec.paused"


def test_a_label_that_somebody_removed_is_found() -> None:
    live = applied(a_manifest())
    live["metadata"]["labels"] = {"theirs": "yes"}

    assert found(a_manifest(), live) == ".metadata.labels.a"


def test_an_item_is_found_by_its_key_wherever_it_stands() -> None:
    two = {"ports": [{"port": port, "protocol": "TCP", "name": str(port)} for port in (1, 2)]}
    live = applied(a_manifest(**two))
    live["spec"]["ports"].reverse()

    assert found(a_manifest(**two), live) is None


def test_a_change_within_an_item_is_found() -> None:
    live = applied(a_manifest(**a_container()))
    place = ".spec.template.spec.containers[payment].image"

    assert found(a_manifest(**a_container(image="payment:2")), live) == place


def test_an_item_that_somebody_removed_is_found() -> None:
    live = applied(a_manifest(**a_container()))
    live["spec"]["template"]["spec"]["containers"] = [{"name": "proxy"}]

    assert found(a_manifest(**a_container()), live) == ".spec.template.spec.containers[payment]"


@pytest.mark.parametrize(("before", "after"), [(1, 2), (2, 1)])
def test_an_item_too_few_or_too_many_is_found(before: int, after: int) -> None:
    def with_ports(count: int) -> Manifest:
        return a_manifest(ports=[{"port": 80 + n, "protocol": "TCP"} for n in range(count)])

    assert found(with_ports(after), applied(with_ports(before))) == ".spec.ports"


def test_an_item_of_another_key_is_found() -> None:
    live = applied(a_manifest(**a_container()))
    renamed = a_manifest(**a_container(name="other"))

    assert found(renamed, live) == ".spec.template.spec.containers[payment]"


def test_an_atomic_list_is_one_value() -> None:
    before, after = ({"policyTypes": types} for types in (["Ingress"], ["Ingress", "Egress"]))

    assert found(a_manifest(**before), applied(a_manifest(**before))) is None
    assert found(a_manifest(**after), applied(a_manifest(**before))) == ".spec.policyTypes"
    assert found(a_manifest(**before), applied(a_manifest(**after))) == ".spec.policyTypes"


def test_what_is_gone_from_within_an_atomic_value_is_found() -> None:
    def with_reference(**changes: Any) -> Manifest:
        reference = {"secretKeyRef": {"name": "provider", "key": "api", **changes}}
        return a_manifest(**a_container(env=[{"name": "A", "valueFrom": reference}]))

    place = ".spec.template.spec.containers[payment].env[A].valueFrom.secretKeyRef"

    assert found(with_reference(), applied(with_reference(optional=True))) == place


def test_a_rule_that_opens_everything_is_not_one_that_opens_a_port() -> None:
    before, after = (a_manifest(egress=[rule]) for rule in ({"ports": [{"port": 53}]}, {}))

    assert found(after, applied(before)) == ".spec.egress"


def test_a_value_of_another_type_is_found() -> None:
    live = applied(a_manifest(template={"spec": {"a": 1}}))
    live["spec"]["template"] = []

    assert found(a_manifest(template={"spec": {"a": 1}}), live) == ".spec.template"


@pytest.mark.parametrize(
    "empty", ["", None, {}, []], ids=["an empty text", "null", "an empty mapping", "an empty list"]
)
def test_what_is_empty_may_be_left_out_by_the_server(empty: object) -> None:
    live = applied(a_manifest(field=empty))
    del live["spec"]["field"]

    assert found(a_manifest(field=empty), live) is None


def test_what_is_empty_is_not_what_is_there() -> None:
    live = applied(a_manifest(field=""))
    live["spec"]["field"] = "text"

    assert found(a_manifest(field=""), live) == ".spec.field"


def amount(value: object) -> Manifest:
    return a_manifest(**a_container(resources={"limits": {"cpu": value}}))


@pytest.mark.parametrize(
    ("wanted", "stored"),
    [
        ("0.5", "500m"),
        (1, "1"),
        ("1.0", "1"),
        ("1024Mi", "1Gi"),
        ("1000M", "1G"),
        ("1e3", "1k"),
        ("+2", "2"),
        (".5", "500m"),
        ("100000n", "100u"),
    ],
)
def test_a_quantity_may_be_written_in_another_way(wanted: object, stored: str) -> None:
    live = applied(amount(wanted))
    live["spec"]["template"]["spec"]["containers"][0]["resources"]["limits"]["cpu"] = stored

    assert found(amount(wanted), live) is None


@pytest.mark.parametrize(
    ("wanted", "stored"), [("1Gi", "1G"), ("1", "1m"), ("1", None), ("x", "1")]
)
def test_another_quantity_is_found(wanted: object, stored: object) -> None:
    live = applied(amount(wanted))
    live["spec"]["template"]["spec"]["containers"][0]["resources"]["limits"]["cpu"] = stored

    assert found(amount(wanted), live) == (
        ".spec.template.spec.containers[payment].resources.limits.cpu"
    )


@pytest.mark.parametrize(("wanted", "differs"), [("1.5Gi", False), ("1Gi", True)])
def test_the_size_of_a_volume_is_a_quantity_as_well(wanted: str, *, differs: bool) -> None:
    def sized(size: str) -> Manifest:
        volume = {"name": "tmp", "emptyDir": {"sizeLimit": size}}
        return a_manifest(template={"spec": {"volumes": [volume]}})

    live = applied(sized(wanted))
    live["spec"]["template"]["spec"]["volumes"][0]["emptyDir"]["sizeLimit"] = "1536Mi"

    assert (found(sized(wanted), live) is not None) == differs


@pytest.mark.parametrize("name", ["labelSelector", "namespaceSelector", "podSelector"])
def test_a_selector_of_everything_is_not_one_that_is_left_out(name: str) -> None:
    def peer(**more: Any) -> Manifest:
        return a_manifest(ingress=[{"from": [{"ipBlock": {"cidr": "10.0.0.0/8"}, **more}]}])

    everything, none = peer(**{name: {}}), peer()

    assert found(everything, applied(none)) == ".spec.ingress"
    assert found(none, applied(everything)) == ".spec.ingress"
    assert found(everything, applied(everything)) is None


@pytest.mark.parametrize(("wanted", "stored"), [("1.10", "1.1"), ("1k", "1000"), ("1e0", "1")])
def test_text_that_only_looks_like_a_quantity_is_text(wanted: str, stored: str) -> None:
    def with_value(value: str) -> Manifest:
        return a_manifest(**a_container(env=[{"name": "VERSION", "value": value}]))

    assert found(with_value(wanted), applied(with_value(stored))) is not None


def test_names_versions_and_status_are_no_fields_of_ours() -> None:
    live = applied(a_manifest(), uid="1", resourceVersion="2", generation=3)
    live["status"] = {"replicas": 1}
    named = copy.deepcopy(a_manifest())
    named["metadata"]["uid"] = "1"

    assert found(named, live) is None


def test_every_difference_is_named_and_whose_the_field_is() -> None:
    wanted = a_manifest(replicas=1, **a_container(image="ours", args=["a"]))
    live = applied(wanted)
    live["spec"]["replicas"] = 2
    (container,) = live["spec"]["template"]["spec"]["containers"]
    container |= {"image": "theirs", "args": ["b"]}
    (fields,) = ours(live)["f:spec"]["f:template"]["f:spec"]["f:containers"].values()
    # Whoever edits a field takes it over; admission changes it without a word.
    del fields["f:image"]
    differing = list(differences(wanted, live, "billing-operator"))

    at = ".spec.template.spec.containers[payment]"
    assert {str(each): each.ours for each in differing} == {
        ".spec.replicas": True,
        f"{at}.image": False,
        f"{at}.args": True,
    }
    assert drift(wanted, live, "billing-operator", but_for=differing) is None
