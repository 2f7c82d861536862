"""Compiles kind, a registry and, where no node image can be pulled, a cluster's programs."""

import json
import os
import re
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

from billing_dev.cluster.compiling import Compiling
from billing_dev.cluster.errors import give_up
from billing_dev.cluster.paths import RECIPE, cache, log_file
from billing_dev.cluster.progress import one_at_a_time, run_logged, step
from billing_dev.cluster.recipe_key import key_of

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

# What is compiled needs no library of the machine that it runs on.
_ENVIRONMENT = {"CGO_ENABLED": "0"}

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
    name = f"kind-{pinned('sigs.k8s.io/kind')}"
    what = "kind: it makes the cluster"
    return compiled(name, ["sigs.k8s.io/kind"], what=what, usually="1 min") / "kind"


def cluster_programs() -> Path:
    """Returns the folder with all programs of a cluster, compiled at its first use."""
    name = f"kubernetes-{KUBERNETES}-{key_of(_SOURCES)}"
    what = "Kubernetes, etcd and CoreDNS from their sources"
    return compiled(name, _PACKAGES, what=what, usually="5 to 11 min")


def registry() -> Path:
    """Returns the program of an image registry, compiled at its first use."""
    name = f"registry-{key_of(_REGISTRY)}"
    what = "an image registry: a test pushes to it"
    return compiled(name, ["."], sources=_REGISTRY, what=what, usually="2 min") / "registry"


def ingress_controller() -> Path:
    """Returns the program of an ingress controller, skipper, compiled at its first use."""
    package = "github.com/zalando/skipper/cmd/skipper"
    return _tool(_INGRESS, package, "an ingress controller: a test asks through it")


def metrics_server() -> Path:
    """Returns the program that tells autoscalers the CPU of pods, compiled at its first use."""
    package = "sigs.k8s.io/metrics-server/cmd/metrics-server"
    return _tool(_METRICS, package, "metrics-server: an autoscaler asks it")


def _tool(sources: Path, package: str, what: str) -> Path:
    program = package.rpartition("/")[2]
    name = f"{program}-{key_of(sources)}"
    return compiled(name, [package], sources=sources, what=what, usually="2 to 4 min") / program


def kind_sources() -> Path:
    """Returns the folder of kind's module: the files that make a node are in it."""
    require_go()
    return Path(json.loads(_go("mod", "download", "-json", "sigs.k8s.io/kind"))["Dir"])


def pinned(module: str) -> str:
    """Returns the version at which go.mod pins a module."""
    match = re.search(rf"^\s{re.escape(module)} (v\S+)", _PINS.read_text(), re.MULTILINE)
    if not match:
        give_up(f"{_PINS} does not pin {module}")
    return match[1]


def compiled(
    name: str, packages: Sequence[str], *, what: str, usually: str, sources: Path = _SOURCES
) -> Path:
    """Returns a folder of the cache with the programs of these packages, compiled at its first use.

    Args:
        name: of the folder; it names the sources' content.
        packages: as `go install` takes them.
        what: the program, and what for.
        usually: how long it takes.
        sources: the folder whose go.mod pins the versions.
    """
    folder = cache() / "programs" / name
    if not folder.exists():
        with one_at_a_time(name):
            # It may have been made while this run waited for another.
            if not folder.exists():
                at = Compiling(log_file(f"compile-{name}"))
                with step(f"compile {what}", usually=usually, detail=at):
                    _install(folder, packages, sources, at)
    return folder


def _install(folder: Path, packages: Sequence[str], sources: Path, at: Compiling) -> None:
    require_go()
    # Made elsewhere and moved: a folder under its own name is always a whole one.
    unfinished = folder.with_name(f"{folder.name}.unfinished")
    shutil.rmtree(unfinished, ignore_errors=True)
    unfinished.mkdir(parents=True)
    flags = ["-trimpath", "-buildvcs=false", _NO_DEBUGGING, "-ldflags", _stamp()]
    stale = "{{if .Stale}}{{.ImportPath}}{{end}}"
    at.will_compile(
        len(_go("list", *flags, "-deps", "-f", stale, *packages, sources=sources).split())
    )
    run_logged(
        ["go", "install", "-v", *flags, *packages],
        log=f"compile-{folder.name}",
        cwd=sources,
        environment={**_ENVIRONMENT, "GOBIN": str(unfinished)},
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
    match = re.search(r"go(\d+)\.(\d+)", text)
    return (int(match[1]), int(match[2])) if match else (0, 0)


def _go(*arguments: str, sources: Path = _SOURCES) -> str:
    done = subprocess.run(
        ["go", *arguments],
        cwd=sources,
        env={**os.environ, **_ENVIRONMENT},
        capture_output=True,
        text=True,
        check=False,
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
