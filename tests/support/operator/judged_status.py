"""A stack whose parts are ready, and the status that it is judged to have unless told otherwise."""

from datetime import UTC, datetime
from typing import Any

from billing_operator.errors import Fault
from billing_operator.kinds import Manifest
from billing_operator.observed.stack import observe
from billing_operator.spec.stack import Stack
from billing_operator.status.judge import judge
from billing_operator.status.readiness import Findings
from support.operator.builders import (
    a_deployment,
    a_pod,
    a_reading,
    a_stack,
    a_token,
    an_installation,
)

NOW = datetime(2025, 1, 1, 12, 0, 0, tzinfo=UTC)
UP = a_deployment("antaeus")
READY = ((UP, a_deployment()), (a_pod("antaeus"), a_pod()))


def findings(
    *,
    seen: tuple[tuple[Manifest, ...], tuple[Manifest, ...]] = READY,
    fault: Fault | None = None,
    in_effect: bool = True,
    **changes: Any,
) -> Findings:
    """What a pass found."""
    given: dict[str, Any] = {"token": a_token(), "reading": a_reading(2, 8)} | changes
    return Findings(seen=observe(*seen), fault=fault, profile_in_effect=in_effect, **given)


def judged(stack: Stack | None = None, *, now: datetime = NOW, **changes: Any) -> Manifest:
    """The status by what a pass found."""
    return judge(stack or a_stack(), findings(**changes), an_installation(), now=now)


def conditions(status: Manifest) -> dict[str, Manifest]:
    """The conditions of a status, by type."""
    return {condition["type"]: condition for condition in status["conditions"]}
