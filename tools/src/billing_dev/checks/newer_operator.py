"""Builds an operator of a later version, which makes the pods of both services differently."""

import re
import shutil
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

from billing_dev.cluster.docker import docker
from billing_dev.cluster.images import build
from billing_dev.cluster.progress import step
from billing_dev.installation import Images
from billing_dev.tree import ROOT

VERSION = "99.0.0"
GRACE_SECONDS = 77


def newer(images: Images) -> Images:
    """A later operator with another default image of Antaeus; payment's image stays the same."""
    antaeus = f"{images.antaeus}-newer"
    docker("tag", images.antaeus, antaeus)
    with step("build an operator of a later version", usually="2 to 20 s"):
        return replace(images, operator=_build_operator(), antaeus=antaeus)


def _build_operator() -> str:
    with TemporaryDirectory() as folder:
        tree = Path(folder)
        for part in ("crds", "operator", "requirements"):
            shutil.copytree(ROOT / part, tree / part, ignore=shutil.ignore_patterns("__pycache__"))
        shutil.copy(ROOT / "Dockerfile.operator", tree)
        package = tree / "operator/src/billing_operator"
        _edit(package / "__init__.py", '(__version__ = )".+"', f'"{VERSION}"')
        for part in ("antaeus", "payment"):
            grace = r'("terminationGracePeriodSeconds": )[^,]+'
            _edit(package / f"desired/{part}.py", grace, str(GRACE_SECONDS))
        return build("billing-operator", dockerfile=tree / "Dockerfile.operator", context=tree)


def _edit(file: Path, before: str, value: str) -> None:
    text, edits = re.subn(before, rf"\g<1>{value}", file.read_text())
    if edits != 1:
        raise AssertionError(f"{file.name}: {before} is there {edits} times, not once")
    file.write_text(text)
