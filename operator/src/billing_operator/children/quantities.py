"""Compares quantities of Kubernetes, each of which can be written in many ways."""

import re
from decimal import Decimal
from typing import Any

_NUMBER = r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?"
_QUANTITY = re.compile(rf"({_NUMBER})(n|u|m|k|M|G|T|P|E|Ki|Mi|Gi|Ti|Pi|Ei)?\Z")
_SCALE = {"n": Decimal("1e-9"), "u": Decimal("1e-6"), "m": Decimal("1e-3")}
_SCALE |= {unit: Decimal(1000) ** power for power, unit in enumerate(["", "k", *"MGTPE"])}
_SCALE |= {f"{unit}i": Decimal(1024) ** power for power, unit in enumerate("KMGTPE", start=1)}
# Quantities stand below these; anywhere else "1.10" and "1.1" are two texts.
_PLACES = (".resources.", ".sizeLimit")


def is_quantity(path: str) -> bool:
    """Whether what stands at a path, such as `.spec.containers.resources.limits`, is one."""
    return any(place in path for place in _PLACES)


def same_quantity(one: Any, other: Any) -> bool:
    """Whether two values are quantities, and the same: `1Gi` and `1024Mi` are."""
    amount = _amount(one)
    return amount is not None and amount == _amount(other)


def _amount(value: Any) -> Decimal | None:
    match = _QUANTITY.match(str(value)) if isinstance(value, str | int | float) else None
    return Decimal(match[1]) * _SCALE[match[2] or ""] if match else None
