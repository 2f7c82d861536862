"""Where the API serves each kind, and how objects are named."""

import pytest

from billing_operator import kinds
from billing_operator.kinds import DEPLOYMENT, SECRET, Key, Kind, Ref
from support.operator.builders import a_body, an_object, owned


@pytest.mark.parametrize(
    ("kind", "arguments", "path"),
    [
        (SECRET, ("ns", "x"), "/api/v1/namespaces/ns/secrets/x"),
        (SECRET, ("ns",), "/api/v1/namespaces/ns/secrets"),
        (SECRET, (None,), "/api/v1/secrets"),
        (DEPLOYMENT, ("ns", "x"), "/apis/apps/v1/namespaces/ns/deployments/x"),
        (DEPLOYMENT, ("ns", "x", "scale"), "/apis/apps/v1/namespaces/ns/deployments/x/scale"),
    ],
    ids=[
        "one secret",
        "secrets of a namespace",
        "secrets of all namespaces",
        "one deployment",
        "the scale of a deployment",
    ],
)
def test_a_kind_knows_its_paths(kind: Kind, arguments: tuple[str, ...], path: str) -> None:
    assert kind.path(*arguments) == path


def test_a_group_is_written_as_in_rules() -> None:
    assert (SECRET.group, DEPLOYMENT.group) == ("", "apps")


def test_secrets_are_never_watched() -> None:
    assert SECRET not in kinds.WATCHED


def test_every_kind_is_found_by_its_name() -> None:
    declared = {each.name: each for each in vars(kinds).values() if isinstance(each, Kind)}

    assert declared == kinds.BY_NAME


def test_names_read_well_in_messages() -> None:
    assert str(Key("payments", "shop")) == "payments/shop"
    assert str(Ref("Service", "shop-payment")) == "Service shop-payment"


def test_a_manifest_is_named_by_its_metadata() -> None:
    assert kinds.key(a_body()) == Key("payments", "shop")
    assert kinds.ref(a_body()) == Ref("BillingStack", "shop")


def test_the_controller_is_one_of_the_owners() -> None:
    (controller,) = owned()
    owners = [controller | {"controller": False, "uid": "other"}, controller]

    assert kinds.controller_of(an_object("Service", "x", ownerReferences=owners)) == controller
    assert kinds.controller_of(an_object("Service", "x")) is None
