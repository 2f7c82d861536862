"""Builds and pushes the images of this version, and writes down what was pushed.

What was pushed stands in a kustomization over deploy/base, by digest: a tag can be moved.
"""

import os
import re
from collections.abc import Mapping
from pathlib import Path

import yaml

from billing_dev.cluster.docker import docker
from billing_dev.cluster.engine import await_engine
from billing_dev.cluster.errors import ClusterError, give_up
from billing_dev.cluster.progress import say, step
from billing_dev.installation import UPSTREAM_ANTAEUS, build_one, kustomize_image
from billing_dev.tree import ROOT
from billing_operator import __version__

BASE = ROOT / "deploy" / "base"
_DOCKERFILES = {
    "billing-operator": "Dockerfile.operator",
    "billing-payment": "Dockerfile.payment",
}
_DIGEST = re.compile(r"\bdigest: (sha256:[0-9a-f]{64})\b")
_HEADER = """\
# What `make push` pushed: version {version}. The next one writes it again.
"""


def push(environment: Mapping[str, str]) -> bool:
    """Ends with both images in the registry and their names in the overlay."""
    registry = registry_of(environment)
    folder = release_folder(environment)
    say(f"==> version {__version__} goes to {registry}; no cluster is touched")
    await_engine()
    images = {name: _push(name, registry) for name in _DOCKERFILES}
    if antaeus := environment.get("ANTAEUS_IMAGE", "").strip():
        images[UPSTREAM_ANTAEUS] = antaeus
    write_overlay(folder, images)
    for image in images.values():
        print(image)
    say(f"==> written to {shown(folder)}: `make verify` and `make deploy` use it")
    return True


def registry_of(environment: Mapping[str, str]) -> str:
    """The registry, and the folder in it, that images go to."""
    registry = environment.get("REGISTRY", "").strip().rstrip("/")
    if not registry:
        give_up("Where to? make push REGISTRY=registry.example.com/team")
    if "://" in registry:
        give_up(f"REGISTRY={registry}: a registry is named without {registry.split('//')[0]}//")
    return registry


def release_folder(environment: Mapping[str, str]) -> Path:
    """Where the overlay is; another one serves another registry or cluster."""
    return (ROOT / (environment.get("RELEASE") or ".build/release")).resolve()


def overlay(environment: Mapping[str, str]) -> Path | None:
    """The folder of the overlay, if `make push` has written one."""
    folder = release_folder(environment)
    return folder if (folder / "kustomization.yaml").exists() else None


def shown(folder: Path) -> str:
    """A folder as a person in the root of the tree would write it."""
    return str(folder.relative_to(ROOT) if folder.is_relative_to(ROOT) else folder)


def write_overlay(folder: Path, images: Mapping[str, str]) -> None:
    """Writes the kustomization that puts these images in place of those of deploy/base."""
    kustomization = {
        "apiVersion": "kustomize.config.k8s.io/v1beta1",
        "kind": "Kustomization",
        "resources": [os.path.relpath(BASE, folder)],
        "images": [kustomize_image(name, image) for name, image in images.items()],
    }
    folder.mkdir(parents=True, exist_ok=True)
    text = _HEADER.format(version=__version__) + yaml.safe_dump(kustomization, sort_keys=False)
    (folder / "kustomization.yaml").write_text(text)


def pushed_name(image: str, output: str) -> str:
    """The name of what was pushed as this image: by the digest that the push told, if it did."""
    match = _DIGEST.search(output)
    repository = image.rpartition(":")[0]
    return f"{repository}@{match[1]}" if match else image


def _push(name: str, registry: str) -> str:
    with step(f"build {name}", usually="5 to 80 s"):
        built = build_one(name, _DOCKERFILES[name], for_others=True)
    image = f"{registry}/{name}:{__version__}"
    docker("tag", built, image)
    with step(f"push {image}", usually="5 to 60 s"):
        try:
            output = docker("push", image)
        except ClusterError as refused:
            give_up(f"{refused}\nIs {registry} the right place, and are you logged in to it?")
    return pushed_name(image, output)
