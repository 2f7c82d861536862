"""Compiles kind, a registry and, where no node image can be pulled, a cluster's programs."""

import json
import re
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

from cluster.errors import give_up
from cluster.paths import RECIPE, cache
from cluster.progress import one_at_a_time, run_logged, step
from cluster.recipe_key import key_of

# The one in go.mod. kubeadm, kubelet and the API server compare what is stamped into them.
KUBERNETES = "v1.36.3"
_OLDEST_GO = (1, 21)  # the first that fetches the newer one that go.mod asks for

_SOURCES = RECIPE / "programs"
_PINS = _SOURCES / "go.mod"
_REGISTRY = RECIPE / "registry"
_INGRESS = RECIPE / "ingress"
_METRICS = RECIPE / "metrics"

_PACKAGES = (
    "./kubernetes",
    "./pause",
    "github.com/coredns/coredns",
    "sigs.k8s.io/kube-network-policies/cmd",
)
# Nobody steps through these with a debugger, and without its tables compiling takes less time.
_NO_DEBUGGING = "-gcflags=all=-dwarf=false"

# What several names stand for, and what goes by another name than its folder's.
_LINKS = {
    "kube-apiserver": "kubernetes",
    "kube-controller-manager": "kubernetes",
    "kube-scheduler": "kubernetes",
    "kube-proxy": "kubernetes",
    "kubeadm": "kubernetes",
    "etcd": "kubernetes",
    "kube-network-policies": "cmd",
}


def kind() -> Path:
    """Returns kind's program, compiled at its first use."""
    program = cache() / "programs" / f"kind-{pinned('sigs.k8s.io/kind')}" / "kind"
    if not program.exists():
        with step("compile kind: it makes the cluster", usually="1 min"):
            install(program.parent, ["sigs.k8s.io/kind"])
    return program


def cluster_programs() -> Path:
    """Returns the folder with all programs of a cluster, compiled at its first use."""
    folder = cache() / "programs" / f"kubernetes-{KUBERNETES}-{key_of(_SOURCES)}"
    if not folder.exists():
        with step("compile Kubernetes, etcd and CoreDNS from their sources", usually="5 to 11 min"):
            install(folder, _PACKAGES)
    return folder


def registry() -> Path:
    """Returns the program of an image registry, compiled at its first use."""
    program = cache() / "programs" / f"registry-{key_of(_REGISTRY)}" / "registry"
    if not program.exists():
        with step("compile an image registry: a test pushes to it", usually="2 min"):
            install(program.parent, ["."], sources=_REGISTRY)
    return program


def ingress_controller() -> Path:
    """Returns the program of an ingress controller, skipper, compiled at its first use."""
    package = "github.com/zalando/skipper/cmd/skipper"
    return _tool(_INGRESS, package, "an ingress controller: a test asks through it", "2 to 4 min")


def metrics_server() -> Path:
    """Returns the program that tells autoscalers the CPU of pods, compiled at its first use."""
    package = "sigs.k8s.io/metrics-server/cmd/metrics-server"
    return _tool(_METRICS, package, "metrics-server: an autoscaler asks it", "2 to 4 min")


def _tool(sources: Path, package: str, what: str, usually: str) -> Path:
    name = package.rpartition("/")[2]
    program = cache() / "programs" / f"{name}-{key_of(sources)}" / name
    if not program.exists():
        with one_at_a_time(), step(f"compile {what}", usually=usually):
            install(program.parent, [package], sources=sources)
    return program


def kind_sources() -> Path:
    """Returns the folder of kind's module: the files that make a node are in it."""
    require_go()
    return Path(json.loads(_go("mod", "download", "-json", "sigs.k8s.io/kind"))["Dir"])


def pinned(module: str) -> str:
    """Returns the version at which go.mod pins a module."""
    found = re.search(rf"^\s{re.escape(module)} (v\S+)", _PINS.read_text(), re.MULTILINE)
    if not found:
        give_up(f"{_PINS} does not pin {module}")
    return found[1]


def install(folder: Path, packages: Sequence[str], *, sources: Path = _SOURCES) -> None:
    """Compiles packages at the versions that a folder's go.mod pins, into a folder of their own."""
    require_go()
    # Made elsewhere and moved: a folder under its own name is always a whole one.
    unfinished = folder.with_name(f"{folder.name}.unfinished")
    shutil.rmtree(unfinished, ignore_errors=True)
    unfinished.mkdir(parents=True)
    run_logged(
        [
            "go",
            "install",
            "-trimpath",
            "-buildvcs=false",
            _NO_DEBUGGING,
            "-ldflags",
            _stamp(),
            *packages,
        ],
        log=f"compile-{folder.name}",
        cwd=sources,
        environment={"CGO_ENABLED": "0", "GOBIN": str(unfinished)},
    )
    for name, program in _LINKS.items():
        if (unfinished / program).exists():
            (unfinished / name).symlink_to(program)
    unfinished.rename(folder)


def require_go() -> None:
    """Says how to get Go where it is missing or too old to fetch a newer one by itself."""
    advice = "Install Go 1.21 or newer: https://go.dev/doc/install"
    if not shutil.which("go"):
        give_up(f"There is no Go here, and programs that are used are compiled with it. {advice}")
    version = _go("env", "GOVERSION")
    if go_version(version) < _OLDEST_GO:
        give_up(f"{version} is too old to fetch the Go that is needed. {advice}")


def go_version(text: str) -> tuple[int, int]:
    """Reads "go1.26.8" or "devel go1.27-abc" as (1, 26) or (1, 27)."""
    found = re.search(r"go(\d+)\.(\d+)", text)
    return (int(found[1]), int(found[2])) if found else (0, 0)


def _go(*arguments: str) -> str:
    done = subprocess.run(
        ["go", *arguments], cwd=_SOURCES, capture_output=True, text=True, check=False
    )
    if done.returncode:
        give_up(f"go {arguments[0]} failed: {done.stderr.strip()}")
    return done.stdout.strip()


def _stamp() -> str:
    major, minor, _ = KUBERNETES.removeprefix("v").split(".")
    values = {
        "k8s.io/component-base/version.gitVersion": KUBERNETES,
        "k8s.io/component-base/version.gitMajor": major,
        "k8s.io/component-base/version.gitMinor": minor,
        "k8s.io/client-go/pkg/version.gitVersion": KUBERNETES,
    }
    return " ".join(["-s -w", *(f"-X {name}={value}" for name, value in values.items())])
