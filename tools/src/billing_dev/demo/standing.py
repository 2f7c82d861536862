"""How a stack stands, by its own conditions."""

from dataclasses import dataclass

from billing_dev.clients.kube import Manifest


@dataclass(frozen=True, slots=True)
class Standing:
    """Whether a stack is ready, whether only a person can help it, and what it waits for.

    Attributes:
        antaeus: the image of Antaeus that runs.
        payment: the image of payment that runs.
    """

    ready: bool
    stalled: bool
    words: str
    antaeus: str = ""
    payment: str = ""


def standing(stack: Manifest) -> Standing:
    """Reads the conditions; those that speak of an older spec count as none."""
    generation = stack["metadata"]["generation"]
    status = stack.get("status", {})
    conditions = {
        condition["type"]: condition
        for condition in status.get("conditions", [])
        if condition.get("observedGeneration") == generation
    }
    if "Ready" not in conditions:
        return Standing(ready=False, stalled=False, words="the operator has yet to look at it")
    return Standing(
        ready=conditions["Ready"]["status"] == "True",
        stalled=conditions.get("Stalled", {}).get("status") == "True",
        words=conditions["Ready"]["message"],
        antaeus=status.get("antaeus", {}).get("image", ""),
        payment=status.get("payment", {}).get("image", ""),
    )


def rolled_out(deployment: Manifest) -> bool:
    """Whether all pods of a Deployment are of its newest template, and ready."""
    status, wanted = deployment.get("status", {}), deployment["spec"]["replicas"]
    seen = status.get("observedGeneration", 0) >= deployment["metadata"]["generation"]
    counts = (status.get(name, 0) for name in ("updatedReplicas", "replicas", "readyReplicas"))
    return seen and all(count == wanted for count in counts)
