"""Spells parts of manifests in one way, so that what means the same to Kubernetes is the same.

A quantity such as `1Gi` can be written in many ways, and `env` in any order. Where a digest or a
comparison took the text as it stands, Antaeus would start anew for another way to write it.
"""

import re
from fractions import Fraction
from typing import Any

from billing_operator.kinds import Manifest

# No longer than any that a cluster could mean, since it comes from outside.
_NUMBER = r"[+-]?(?:[0-9]{1,30}(?:\.[0-9]{0,30})?|\.[0-9]{1,30})(?:[eE][+-]?[0-9]{1,2})?"
_QUANTITY = re.compile(rf"({_NUMBER})(n|u|m|k|M|G|T|P|E|Ki|Mi|Gi|Ti|Pi|Ei)?\Z")
_SCALE = {"n": Fraction(1, 10**9), "u": Fraction(1, 10**6), "m": Fraction(1, 1000)}
_SCALE |= {unit: Fraction(1000**power) for power, unit in enumerate(["", "k", *"MGTPE"])}
_SCALE |= {f"{unit}i": Fraction(1024**power) for power, unit in enumerate("KMGTPE", start=1)}
# The first that leaves a whole number is taken, so that most stay as people write them.
_UNITS = [*(f"{unit}i" for unit in "EPTGMK"), *"EPTGMk", "", "m", "u", "n"]
# Quantities stand below these; anywhere else "1.10" and "1.1" are two texts.
_PLACES = (".resources.", ".sizeLimit")


def in_one_spelling(value: Any, path: str = "") -> Any:
    """Returns what stands at a path, such as `.spec.containers.resources`, in one spelling."""
    if isinstance(value, dict):
        return {name: in_one_spelling(of, f"{path}.{name}") for name, of in value.items()}
    if isinstance(value, list | tuple):
        items = [in_one_spelling(item, path) for item in value]
        return _in_order(items) if path.endswith(".env") else items
    spelled = quantity(value) if is_quantity(path) else None
    return value if spelled is None else spelled


def is_quantity(path: str) -> bool:
    """Whether what stands at a path is a quantity."""
    return any(place in path for place in _PLACES)


def quantity(value: Any) -> str | None:
    """Returns a quantity in one spelling: `1Gi` for 1024Mi; None for what is none, or too fine."""
    match = _QUANTITY.match(str(value)) if isinstance(value, str | int | float) else None
    if match is None:
        return None
    amount = Fraction(match[1]) * _SCALE[match[2] or ""]
    units = _UNITS if amount else [""]
    fitting = (unit for unit in units if (amount / _SCALE[unit]).denominator == 1)
    unit = next(fitting, None)
    return None if unit is None else f"{amount / _SCALE[unit]}{unit}"


def _in_order(variables: list[Manifest]) -> list[Manifest]:
    """By their names, unless the value of one may refer to another one before it."""
    if any("$(" in str(variable.get("value", "")) for variable in variables):
        return variables
    return sorted(variables, key=lambda variable: str(variable["name"]))
