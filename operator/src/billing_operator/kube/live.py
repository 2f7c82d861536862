"""Brings what is known of pods up with what the API server has now, where a watch may lag."""

from billing_operator.kinds import POD, Key, Manifest, key
from billing_operator.kube.api import Cluster
from billing_operator.kube.cache import Inventory


async def look_at_pods(cluster: Cluster, inventory: Inventory, stack: Key) -> None:
    """Takes in the pods of a stack; those that were known and are not there have gone."""
    before = inventory.pods(stack)
    take_in_pods(inventory, before, await cluster.list_stack(POD, stack))


def take_in_pods(inventory: Inventory, before: list[Manifest], lives: list[Manifest]) -> None:
    """Takes in a list of pods; those known before it was asked for and not in it have left."""
    names = {live["metadata"]["name"] for live in lives}
    for known in before:
        if known["metadata"]["name"] not in names:
            inventory.lose(POD, key(known))
    for live in lives:
        inventory.put(POD, live)
