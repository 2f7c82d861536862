"""Asks kstatus how objects are: the library by which Flux and others decide whether to wait."""

import json
import subprocess
from pathlib import Path
from typing import NamedTuple

from billing_dev.cluster.programs import compiled
from billing_dev.cluster.recipe_key import key_of
from billing_operator.kinds import Manifest

_SOURCES = Path(__file__).parent
_FILES = tuple(_SOURCES / name for name in ("go.mod", "go.sum", "main.go"))


class Verdict(NamedTuple):
    """Current, InProgress, Failed or Terminating, and why."""

    status: str
    message: str


def verdict(live: Manifest) -> Verdict:
    """What kstatus says of one object as the API server has it."""
    done = subprocess.run(
        [program()], input=json.dumps([live]), capture_output=True, text=True, check=True
    )
    [status] = json.loads(done.stdout)
    return Verdict(**status)


def program() -> Path:
    """Returns the program around the library, compiled at its first use."""
    name = f"kstatus-{key_of(*_FILES)}"
    what = "kstatus: it judges conditions"
    return compiled(name, ["."], sources=_SOURCES, what=what, usually="1 to 2 min") / "kstatus"
