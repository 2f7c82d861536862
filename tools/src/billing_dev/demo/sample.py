"""The stack of the demo: deploy/samples/demo.yaml, with what its Antaeus needs laid over it."""

import copy
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import yaml

from billing_dev.clients.kube import Manifest
from billing_dev.tree import ROOT

SAMPLE = ROOT / "deploy" / "samples" / "demo.yaml"


@dataclass(frozen=True, slots=True)
class Antaeus:
    """Which Antaeus bills in the demo, and what that means for its stack.

    Attributes:
        image: None for the stand-in, which is built from this tree.
        invoices: how many are PENDING when it starts.
        settings: laid over the sample's spec.antaeus.
        start_seconds: how long to wait for it before giving up.
        usually: how long it takes, for the person who waits.
    """

    image: str | None
    invoices: int
    settings: Manifest = field(hash=False)
    start_seconds: float
    usually: str


STAND_IN = Antaeus(
    image=None,
    invoices=100,
    settings={"env": [{"name": "ANTAEUS_INVOICES", "value": "100"}]},
    start_seconds=180,
    usually="10 to 30 s",
)


def chosen_antaeus(environment: Mapping[str, str]) -> Antaeus:
    """The stand-in, or the image that ANTAEUS_IMAGE names: 10 invoices, 8 of them PENDING."""
    image = environment.get("ANTAEUS_IMAGE", "").strip()
    if not image:
        return STAND_IN
    return Antaeus(
        image=image + _missing_tag(image),
        invoices=8,
        # The original builds itself when it starts.
        settings={"imagePullPolicy": "IfNotPresent", "startupSeconds": 900},
        start_seconds=1500,
        usually="1 to 10 min, since it may have to be pulled",
    )


def _missing_tag(image: str) -> str:
    # A colon before the last slash belongs to the registry's port.
    return "" if "@" in image or ":" in image.rpartition("/")[2] else ":latest"


@dataclass(frozen=True, slots=True)
class Sample:
    """The manifests of the demo."""

    namespace: Manifest = field(hash=False)
    stack: Manifest = field(hash=False)

    @property
    def node_port(self) -> int:
        """Where the nodes of the cluster expose Antaeus."""
        return int(self.stack["spec"]["antaeus"]["service"]["nodePort"])


def read_sample(antaeus: Antaeus, path: Path = SAMPLE) -> Sample:
    """The sample, with the settings of this Antaeus laid over it."""
    namespace, stack = yaml.safe_load_all(path.read_text())
    return Sample(namespace, with_settings(stack, antaeus))


def with_settings(stack: Manifest, antaeus: Antaeus) -> Manifest:
    """A copy of a stack, with the settings of this Antaeus laid over it."""
    made = copy.deepcopy(stack)
    made["spec"]["antaeus"] |= antaeus.settings
    return made
