"""How a stack stands, by its own conditions."""

from dataclasses import dataclass

from support.kube import Manifest


@dataclass(frozen=True, slots=True)
class Standing:
    """Whether a stack is ready, whether only a person can help it, and what it waits for."""

    ready: bool
    stalled: bool
    words: str


def standing(stack: Manifest) -> Standing:
    """Reads the conditions; those that speak of an older spec count as none."""
    generation = stack["metadata"]["generation"]
    found = {
        condition["type"]: condition
        for condition in stack.get("status", {}).get("conditions", [])
        if condition.get("observedGeneration") == generation
    }
    if "Ready" not in found:
        return Standing(ready=False, stalled=False, words="the operator has yet to look at it")
    return Standing(
        ready=found["Ready"]["status"] == "True",
        stalled=found.get("Stalled", {}).get("status") == "True",
        words=found["Ready"]["message"],
    )
