"""Writes again what is made out of other files: after it, all of them are in step.

It writes what the custom resource copies from Kubernetes and from payment's profile, its reference,
the schema of the profile, tests/golden (what the operator makes of each sample), and the pictures
of the documents.
"""

import argparse
from collections.abc import Sequence
from pathlib import Path

from billing_dev.crd import crd
from billing_dev.diagrams.pictures import PICTURES
from billing_dev.recording.pictures import PICTURE, picture
from billing_dev.render.kubernetes_types import with_copies
from billing_dev.render.profile_fields import CRD, PROFILE_SCHEMA, crd_text
from billing_dev.render.reference import REFERENCE, reference
from billing_dev.render.samples import GOLDEN, SAMPLES, rendered
from billing_dev.tree import ROOT
from payment_service.profile.schema import schema_text


def main(words: Sequence[str]) -> int:
    """Writes each file after those that it is made of."""
    parser = argparse.ArgumentParser(prog="billing-dev render", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.parse_args(words)
    _write({PROFILE_SCHEMA: schema_text()})
    _write({CRD: with_copies(crd_text())})
    crd.cache_clear()
    texts = {GOLDEN / sample.name: rendered(sample) for sample in SAMPLES}
    _write(texts | {REFERENCE: reference()})
    _write({PICTURE: picture()} | {file: drawn() for file, drawn in PICTURES.items()})
    return 0


def _write(texts: dict[Path, str]) -> None:
    for file, text in texts.items():
        file.write_text(text)
        print(f"wrote {file.relative_to(ROOT)}")
