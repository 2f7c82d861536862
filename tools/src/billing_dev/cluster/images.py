"""Builds the project's own images and puts them into a cluster's node."""

import shutil
import uuid
from pathlib import Path
from tempfile import TemporaryDirectory

from billing_dev.cluster.docker import build_image, docker, image_id
from billing_dev.cluster.paths import RECIPE, Cluster
from billing_dev.cluster.programs import kind
from billing_dev.cluster.progress import run_logged, step
from billing_dev.cluster.python_base import official_base, python_base


def build(
    name: str,
    *,
    dockerfile: Path,
    context: Path,
    arguments: dict[str, str] | None = None,
    for_others: bool = False,
) -> str:
    """Builds an image on the Python base, and returns its tag: the same content, the same tag.

    Args:
        for_others: with nothing in it of this machine, such as the certificates it trusts; only
            where the official base can't be pulled, there is no other way.
    """
    base = (official_base() if for_others else None) or python_base()
    # Of its own for each build: a demo and a test run may build the same image at the same time.
    building = f"{name}:building-{uuid.uuid4().hex[:8]}"
    build_image(
        building,
        dockerfile=dockerfile,
        context=context,
        arguments={"PYTHON_IMAGE": base, **(arguments or {})},
        labelled=not for_others,
    )
    tag = f"{name}:{image_id(building).removeprefix('sha256:')[:12]}"
    docker("tag", building, tag)
    docker("rmi", building)
    return tag


def build_around(program: Path) -> str:
    """Builds an image with one program in it, and returns its tag."""
    tag = f"billing-{program.parent.name}:built"
    with TemporaryDirectory() as folder:
        shutil.copy(program, Path(folder) / "program")
        dockerfile = RECIPE / "program.Dockerfile"
        build_image(tag, dockerfile=dockerfile, context=Path(folder), arguments={})
    return tag


def load(cluster: Cluster, *images: str) -> None:
    """Puts images of the local engine into the cluster's node, but for those it has."""
    present = images_in(cluster)
    absent = [image for image in images if not {image_id(image), full_name(image)} <= present]
    if not absent:
        return
    with step(f"load {', '.join(absent)} into cluster {cluster.kind_name}", usually="5 s each"):
        run_logged(
            [kind(), "load", "docker-image", "--name", cluster.kind_name, *absent],
            log=f"load-{cluster.kind_name}",
        )


def images_in(cluster: Cluster) -> set[str]:
    """Returns the names and the ids of all images that the node has."""
    listing = ["ctr", "--namespace", "k8s.io", "images", "list", "--quiet"]
    return set(docker("exec", cluster.node, *listing).split())


def full_name(image: str) -> str:
    """Returns the name that containerd gives an image of this short name."""
    first, slash, _ = image.partition("/")
    if slash and (set(".:") & set(first) or first == "localhost"):
        return image
    return f"docker.io/{image}" if slash else f"docker.io/library/{image}"
