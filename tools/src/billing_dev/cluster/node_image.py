"""Provides the image of the cluster's node: the one asked for, kind's own, or one from packages.

Kind's own can be pulled on most machines. Elsewhere Kubernetes is compiled from its Go modules
and put into a Debian together with the files that kind's own image has.
"""

import os
import re
import shutil
import subprocess
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from billing_dev.cluster.debian_root import DebianRoot, require_debootstrap
from billing_dev.cluster.docker import build_image, docker, image_exists
from billing_dev.cluster.errors import give_up
from billing_dev.cluster.paths import LABEL, RECIPE, cache
from billing_dev.cluster.programs import (
    KUBERNETES,
    cluster_programs,
    kind,
    kind_sources,
    pinned,
    require_go,
)
from billing_dev.cluster.progress import step
from billing_dev.cluster.python_base import PYTHON_ROOT
from billing_dev.cluster.recipe_key import key_of
from billing_dev.cluster.registry import pulled

_RECIPE = RECIPE / "node"
_SPACE_NEEDED = 6 * 2**30

_PACKAGES = """
systemd systemd-sysv dbus conntrack iptables nftables iproute2 ethtool util-linux mount kmod
libseccomp2 pigz e2fsprogs ca-certificates curl jq procps containerd runc
containernetworking-plugins
"""

NODE_ROOT = DebianRoot(
    name="node",
    release="bookworm",  # the last whose systemd still runs on cgroup v1
    packages=tuple(_PACKAGES.split()),
)


def asked_for(environment: Mapping[str, str] = os.environ) -> str | None:
    """Returns the image that the tests shall run on, such as kindest/node of another version."""
    return environment.get("BILLING_NODE_IMAGE") or None


def node_key() -> str:
    """Returns the key of all that the node of a cluster is made from."""
    named = asked_for()
    return key_of(_recipe_key(), named) if named else _recipe_key()


def node_image() -> str:
    """Returns the tag of a node image, made at its first use."""
    if named := asked_for():
        return _asked_for_image(named)
    official, built = official_tag(), f"billing-node:{_recipe_key()}"
    for tag in (official, built):
        if image_exists(tag):
            return tag
    if pulled(default := _kinds_default()):
        _label_official(official, default)
        return official
    _build(built)
    return built


def needs_enforcer(tag: str) -> bool:
    """Says whether something must be added for NetworkPolicies to be enforced."""
    return tag != official_tag(asked_for())


def official_tag(named: str | None = None) -> str:
    """Returns our tag of an image of kind's; without a name, of the default of the kind in use."""
    return f"billing-node:official-{key_of(named or pinned('sigs.k8s.io/kind'), LABEL)}"


def _asked_for_image(named: str) -> str:
    tag = official_tag(named)
    if not image_exists(tag):
        # Nothing takes its place: who asks for a version wants to know about that one.
        if not pulled(named, otherwise="and nothing takes its place"):
            give_up(
                f"BILLING_NODE_IMAGE asks for {named}, and it cannot be pulled. After a failure "
                f"nothing is pulled for an hour; to try at once, delete {cache()}/pull-failed."
            )
        _label_official(tag, named)
    return tag


def _recipe_key() -> str:
    return key_of(_RECIPE, RECIPE / "programs", KUBERNETES, NODE_ROOT.tag)


def _kinds_default() -> str:
    source = (kind_sources() / "pkg/apis/config/defaults/image.go").read_text()
    match = re.search(r'const Image = "([^"]+)"', source)
    if not match:
        give_up("kind no longer says in image.go which node image is its default")
    return match[1]


def _label_official(tag: str, default: str) -> None:
    build_image(
        tag,
        dockerfile=_RECIPE / "official.Dockerfile",
        context=_RECIPE,
        arguments={"OFFICIAL": default},
    )


def _build(tag: str) -> None:
    require_go()
    require_debootstrap()
    _require_space()
    # Compiling and unpacking packages keep different parts of the machine busy.
    with ThreadPoolExecutor() as side_by_side:
        compiled = side_by_side.submit(_compile)
        root = side_by_side.submit(NODE_ROOT.image)
        python = side_by_side.submit(PYTHON_ROOT.image)
        programs, node_root, _ = compiled.result(), root.result(), python.result()
    with step("put the node image together", usually="1 min"):
        context = cache() / "building" / "node-image"
        shutil.rmtree(context, ignore_errors=True)
        shutil.copytree(programs, context / "programs", symlinks=True)
        _copy_plain(_RECIPE, context)
        _copy_plain(kind_sources() / "images/base/files", context / "kind-files")
        (context / "version").write_text(KUBERNETES)
        _save_control_plane(context, node_root)
        build_image(
            tag,
            dockerfile=_RECIPE / "node.Dockerfile",
            context=context,
            arguments={"NODE_ROOT": node_root},
        )
        shutil.rmtree(context)


def _compile() -> Path:
    kind()  # not needed here, but soon, and compiling goes on beside the rest
    return cluster_programs()


def _copy_plain(source: Path, target: Path) -> None:
    # Without their modes: a module's files are read-only, and so would the next copy fail.
    shutil.copytree(source, target, copy_function=shutil.copyfile, dirs_exist_ok=True)
    for folder in (target, *(path for path in target.rglob("*") if path.is_dir())):
        folder.chmod(0o755)


def _save_control_plane(context: Path, node_root: str) -> None:
    """Leaves the images that run inside the node, and the names they are asked for by."""
    control_plane, pause = "billing-control-plane:built", "billing-pause:built"
    for script in context.glob("*.sh"):
        script.chmod(0o755)
    for tag, dockerfile in ((control_plane, "control-plane"), (pause, "pause")):
        build_image(
            tag,
            dockerfile=_RECIPE / f"{dockerfile}.Dockerfile",
            context=context,
            arguments={"NODE_ROOT": node_root} if tag == control_plane else {},
        )
    kubeadm = context / "programs" / "kubeadm"
    names = subprocess.run(
        [kubeadm, "config", "images", "list", f"--kubernetes-version={KUBERNETES}"],
        capture_output=True,
        text=True,
        check=True,
    ).stdout.split()
    # The last two: what kind configures as containerd's sandbox, and our own enforcer.
    names += ["registry.k8s.io/pause:3.10", "localhost/policy-enforcer:built"]
    lines = [
        f"{name} docker.io/library/{pause if '/pause:' in name else control_plane}\n"
        for name in names
    ]
    (context / "image-names").write_text("".join(lines))
    docker("save", "--output", context / "images.tar", control_plane, pause)


def _require_space() -> None:
    place = cache()
    place.mkdir(parents=True, exist_ok=True)
    docker_root = Path(docker("info", "--format", "{{.DockerRootDir}}"))
    for folder in (place, docker_root if docker_root.exists() else place):
        if (free := shutil.disk_usage(folder).free) < _SPACE_NEEDED:
            give_up(
                f"Making the cluster's images takes {_SPACE_NEEDED >> 30} GiB of disk, and where "
                f"{folder} is, {free / 2**30:.1f} GiB are free. Make room, or name another folder "
                "with BILLING_CACHE."
            )
