"""Renders what the operator makes of each sample, and writes it to tests/golden.

It writes what the custom resource copies from Kubernetes, its reference, and the schema of
payment's profile too, so that one command brings all in step.
"""

from pathlib import Path

from billing_dev.crd import crd
from billing_dev.render.kubernetes_types import with_copies
from billing_dev.render.profile_fields import CRD, PROFILE_SCHEMA, crd_text
from billing_dev.render.reference import REFERENCE, reference
from billing_dev.tree import ROOT
from billing_operator.commands.render import Renderer
from billing_operator.inputs import Installation
from payment_service.profile.schema import schema_text

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


def main() -> None:
    """Writes what the custom resource copies from elsewhere, and all that follows from it."""
    _write({PROFILE_SCHEMA: schema_text()})
    _write({CRD: with_copies(crd_text())})
    crd.cache_clear()
    texts = {GOLDEN / sample.name: rendered(sample) for sample in SAMPLES}
    _write(texts | {REFERENCE: reference()})


def _write(texts: dict[Path, str]) -> None:
    for file, text in texts.items():
        file.write_text(text)
        print(f"wrote {file.relative_to(ROOT)}")


if __name__ == "__main__":
    main()
