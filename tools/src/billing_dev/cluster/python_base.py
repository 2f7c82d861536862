"""Provides the image that the project's own Dockerfiles start from."""

import os
import shutil
import ssl
from pathlib import Path

from billing_dev.cluster.debian_root import DebianRoot, require_debootstrap
from billing_dev.cluster.docker import build_image, image_exists, image_id
from billing_dev.cluster.paths import LABEL, RECIPE, cache
from billing_dev.cluster.progress import step
from billing_dev.cluster.recipe_key import key_of
from billing_dev.cluster.registry import pulled

OFFICIAL = "python:3.13-slim"

PYTHON_ROOT = DebianRoot(
    name="python",
    release="trixie",  # the one that has Python 3.13
    packages=("python3", "python3-pip", "python3-venv", "ca-certificates"),
    finish="python/finish.sh",
)


def official_base() -> str | None:
    """Returns the tag of the official Python image, or None where it can't be pulled."""
    return OFFICIAL if pulled(OFFICIAL) else None


def python_base() -> str:
    """Returns the tag of an image with Python 3.13, pip and the certificates trusted here."""
    python = official_base() or _from_packages()
    bundle = trusted_certificates()
    if bundle is None:
        return python
    dockerfile = RECIPE / "python" / "base.Dockerfile"
    tag = f"billing-python:{key_of(image_id(python), dockerfile, bundle, LABEL)}"
    if not image_exists(tag):
        with step("add this machine's certificates to the Python image", usually="5 s"):
            context = cache() / "building" / "python-base"
            shutil.rmtree(context, ignore_errors=True)
            context.mkdir(parents=True)
            shutil.copyfile(bundle, context / "ca-certificates.crt")
            build_image(tag, dockerfile=dockerfile, context=context, arguments={"PYTHON": python})
    return tag


def trusted_certificates() -> Path | None:
    """Returns the file with the certificates that programs on this machine are told to trust."""
    named = (os.environ.get(name) for name in ("PIP_CERT", "REQUESTS_CA_BUNDLE", "SSL_CERT_FILE"))
    usual = (ssl.get_default_verify_paths().cafile, "/etc/ssl/certs/ca-certificates.crt")
    candidates = (Path(path) for path in (*named, *usual) if path)
    return next((path for path in candidates if path.is_file()), None)


def _from_packages() -> str:
    if not image_exists(PYTHON_ROOT.tag):
        require_debootstrap()
    return PYTHON_ROOT.image()
