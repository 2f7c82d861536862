"""The pictures that are checked in, and how each is made."""

from collections.abc import Callable, Mapping
from pathlib import Path

from billing_dev.diagrams.run_states import run_states
from billing_dev.diagrams.stack_states import stack_states
from billing_dev.tree import ROOT

PICTURES: Mapping[Path, Callable[[], str]] = {
    ROOT / "docs/images/stack-states.svg": stack_states,
    ROOT / "docs/images/run-states.svg": run_states,
}
