"""The last known state: newer replaces older, and what has gone is forgotten."""

from collections.abc import AsyncIterator

import pytest

from billing_operator.errors import ClusterError
from billing_operator.kinds import BILLING_STACK, CONFIG_MAP, JOB, POD, SERVICE, Key, Manifest
from billing_operator.kube.api import Page
from billing_operator.kube.cache import Inventory, stack_of
from billing_operator.names import STACK_LABEL
from billing_operator.reasons import Reason
from support.operator.builders import a_body, a_pod, an_object, owned
from support.operator.in_memory import pages_of
from support.operator.run_manifests import a_job

SHOP = Key("payments", "shop")
SHOP_2 = Key("payments", "shop-2")


def a_child(name: str = "shop-profile", *, of: str = "shop", **changes: object) -> Manifest:
    meta = {"labels": {STACK_LABEL: of}, "ownerReferences": owned(name=of)} | changes
    return an_object("ConfigMap", name, **meta)  # type: ignore[arg-type]


@pytest.fixture
def inventory() -> Inventory:
    return Inventory()


def test_what_was_put_is_there(inventory: Inventory) -> None:
    assert inventory.put(BILLING_STACK, a_body())
    assert inventory.put(CONFIG_MAP, a_child())
    assert inventory.put(POD, a_pod())

    assert inventory.stack(SHOP) == a_body()
    assert inventory.stacks() == [SHOP]
    assert inventory.children(SHOP) == [a_child()]
    assert inventory.pods(SHOP) == [a_pod()]


def test_a_job_belongs_to_the_stack_of_its_label_and_is_no_child(inventory: Inventory) -> None:
    inventory.put(JOB, a_job())

    assert inventory.jobs(SHOP) == [a_job()]
    assert (inventory.children(SHOP), inventory.pods(SHOP)) == ([], [])


def test_what_was_never_put_is_not_there(inventory: Inventory) -> None:
    assert inventory.stack(SHOP) is None
    assert (inventory.children(SHOP), inventory.pods(SHOP), inventory.stacks()) == ([], [], [])


def test_what_is_given_out_is_a_copy(inventory: Inventory) -> None:
    inventory.put(CONFIG_MAP, a_child())
    inventory.children(SHOP)[0]["spoiled"] = True

    assert inventory.children(SHOP) == [a_child()]


@pytest.mark.parametrize("version", [4, 5])
def test_an_older_version_never_replaces_a_newer(inventory: Inventory, version: int) -> None:
    inventory.put(CONFIG_MAP, a_child(version=5))

    assert not inventory.put(CONFIG_MAP, a_child(version=version, note="old"))
    assert inventory.children(SHOP) == [a_child(version=5)]


def test_versions_are_compared_as_numbers(inventory: Inventory) -> None:
    inventory.put(CONFIG_MAP, a_child(version=9))

    assert inventory.put(CONFIG_MAP, a_child(version=10))


def test_another_object_of_the_name_replaces_the_earlier_one(inventory: Inventory) -> None:
    inventory.put(CONFIG_MAP, a_child(uid="earlier", version=5))

    assert inventory.put(CONFIG_MAP, a_child(uid="later", version=6))
    assert inventory.children(SHOP) == [a_child(uid="later", version=6)]


def test_late_news_of_an_earlier_object_never_replace_a_later_one(inventory: Inventory) -> None:
    inventory.put(CONFIG_MAP, a_child(uid="later", version=6))

    assert not inventory.put(CONFIG_MAP, a_child(uid="earlier", version=5))
    assert inventory.children(SHOP) == [a_child(uid="later", version=6)]


def test_what_was_deleted_is_forgotten(inventory: Inventory) -> None:
    inventory.put(CONFIG_MAP, a_child(version=5))
    inventory.drop(CONFIG_MAP, a_child(version=6))

    assert inventory.children(SHOP) == []


def test_what_was_read_before_it_was_deleted_does_not_come_back(inventory: Inventory) -> None:
    """As by a list that was on its way while the watch told of the end."""
    inventory.put(JOB, a_job(version=3))
    inventory.drop(JOB, a_job(version=5))

    assert not inventory.put(JOB, a_job(version=3))
    assert inventory.jobs(SHOP) == []
    # A watch tells of an end as well where an object only lost its label for a while.
    assert inventory.put(JOB, a_job(version=6))
    assert inventory.jobs(SHOP) == [a_job(version=6)]


def test_the_end_of_an_earlier_object_does_not_touch_the_later_one(inventory: Inventory) -> None:
    inventory.put(CONFIG_MAP, a_child(uid="later", version=6))
    inventory.drop(CONFIG_MAP, a_child(uid="earlier", version=5))

    assert len(inventory.children(SHOP)) == 1


def test_the_end_of_what_was_never_known_is_nothing(inventory: Inventory) -> None:
    inventory.drop(CONFIG_MAP, a_child())

    assert inventory.children(SHOP) == []


async def test_a_list_drops_what_it_does_not_have(inventory: Inventory) -> None:
    inventory.put(CONFIG_MAP, a_child("ghost", version=5))
    await inventory.renew(CONFIG_MAP, pages_of([a_child("there", version=6)], version=10))

    assert [each["metadata"]["name"] for each in inventory.children(SHOP)] == ["there"]


async def test_a_list_is_all_of_its_pages(inventory: Inventory) -> None:
    inventory.put(CONFIG_MAP, a_child("first", version=5))
    inventory.put(CONFIG_MAP, a_child("last", version=5))
    await inventory.renew(CONFIG_MAP, pages_of([a_child("first")], [a_child("last")]))

    assert len(inventory.children(SHOP)) == 2


async def test_a_list_that_breaks_off_drops_nothing(inventory: Inventory) -> None:
    async def broken() -> AsyncIterator[Page]:
        yield Page([a_child("there", version=6)], 10)
        raise ClusterError(Reason.API_SERVER_ERROR, "broken", status=500)

    inventory.put(CONFIG_MAP, a_child("ghost", version=5))
    with pytest.raises(ClusterError):
        await inventory.renew(CONFIG_MAP, broken())

    assert len(inventory.children(SHOP)) == 2


async def test_the_oldest_page_says_what_may_be_forgotten(inventory: Inventory) -> None:
    async def of_two_namespaces() -> AsyncIterator[Page]:
        yield Page([], 7)
        yield Page([], 10)

    inventory.put(CONFIG_MAP, a_child(version=8))
    await inventory.renew(CONFIG_MAP, of_two_namespaces())

    assert len(inventory.children(SHOP)) == 1


async def test_a_list_does_not_drop_what_came_after_it(inventory: Inventory) -> None:
    inventory.put(CONFIG_MAP, a_child("new", version=11))
    await inventory.renew(CONFIG_MAP, pages_of([], version=10))

    assert len(inventory.children(SHOP)) == 1


async def test_a_list_speaks_of_its_own_kind_alone(inventory: Inventory) -> None:
    inventory.put(CONFIG_MAP, a_child())
    await inventory.renew(SERVICE, pages_of([], version=10))

    assert len(inventory.children(SHOP)) == 1


def test_stacks_whose_names_begin_alike_are_kept_apart(inventory: Inventory) -> None:
    inventory.put(CONFIG_MAP, a_child("shop-profile", of="shop"))
    inventory.put(CONFIG_MAP, a_child("shop-2-profile", of="shop-2"))

    assert [each["metadata"]["name"] for each in inventory.children(SHOP)] == ["shop-profile"]
    assert [each["metadata"]["name"] for each in inventory.children(SHOP_2)] == ["shop-2-profile"]


def test_a_child_stays_with_its_owner_whatever_its_label_becomes(inventory: Inventory) -> None:
    inventory.put(CONFIG_MAP, a_child(version=5))
    inventory.put(CONFIG_MAP, a_child(version=6, labels={STACK_LABEL: "shop-2"}))

    assert len(inventory.children(SHOP)) == 1
    assert inventory.children(SHOP_2) == []


def test_what_moves_to_another_stack_leaves_no_trace(inventory: Inventory) -> None:
    inventory.put(POD, a_pod(name="pod", version=5))
    moved = a_pod(name="pod", stack="shop-2", version=6)
    inventory.put(POD, moved)
    assert inventory.pods(SHOP) == []

    inventory.drop(POD, moved)
    assert (inventory.pods(SHOP), inventory.pods(SHOP_2)) == ([], [])


def test_a_stack_is_found_by_owner_then_by_label() -> None:
    assert stack_of(BILLING_STACK, a_body()) == SHOP
    assert stack_of(CONFIG_MAP, a_child(labels=None)) == SHOP
    assert stack_of(POD, a_pod()) == SHOP
    assert stack_of(CONFIG_MAP, an_object("ConfigMap", "shop-profile")) is None
    other = [{"kind": "Other", "name": "x", "uid": "1", "controller": True}]
    assert stack_of(CONFIG_MAP, an_object("ConfigMap", "x", ownerReferences=other)) is None


def test_of_who_set_what_only_our_own_part_is_kept(inventory: Inventory) -> None:
    ours = {"manager": "billing-operator", "operation": "Apply"}
    theirs = {"manager": "kube-controller-manager", "operation": "Update"}
    live = a_child(managedFields=[ours, theirs])
    inventory.put(CONFIG_MAP, live)

    [kept] = inventory.children(SHOP)
    assert kept["metadata"]["managedFields"] == [ours]
    assert live["metadata"]["managedFields"] == [ours, theirs]


def test_whatever_is_new_of_a_stack_shows_and_of_one_that_has_gone_nothing_is_kept(
    inventory: Inventory,
) -> None:
    inventory.put(CONFIG_MAP, a_child(version=5))
    first = inventory.revision(SHOP)
    inventory.put(CONFIG_MAP, a_child(version=6))
    assert inventory.revision(SHOP) != first

    inventory.drop(CONFIG_MAP, a_child(version=6))
    assert inventory.revision(SHOP) == 0
