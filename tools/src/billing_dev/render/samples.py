"""What the operator makes of each sample, as it stands in tests/golden."""

from pathlib import Path

from billing_dev.tree import ROOT
from billing_operator.commands.render import Renderer
from billing_operator.inputs import Installation

GOLDEN = ROOT / "tests/golden"
SAMPLES = sorted((ROOT / "deploy/samples").glob("*.yaml"))
_INSTALLATION = Installation(
    "billing-system",
    "antaeus:default",
    "billing-payment:default",
    "billing-operator:default",
    version="default",
)
_HEADER = "# Rendered from deploy/samples/{}; `make render` writes it again.\n"


def rendered(sample: Path) -> str:
    """What `billing-operator render` prints for a sample."""
    text = Renderer(_INSTALLATION).rendered([(sample.name, sample.read_text())])
    return _HEADER.format(sample.name) + text
