"""`make recording`: records the ten seconds of the README from the demo's cluster, and draws them.

The cluster is left as `make demo` has it, without the recording's stack.
"""

import argparse
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

from billing_dev.clients.kube import Kube, KubectlError
from billing_dev.cluster.errors import ClusterError
from billing_dev.cluster.images import build
from billing_dev.cluster.lifecycle import up
from billing_dev.cluster.paths import Cluster
from billing_dev.cluster.progress import say, step
from billing_dev.installation import Images, build_images, install
from billing_dev.recording.cast import Cast, written
from billing_dev.recording.pictures import CAST, PICTURE, picture
from billing_dev.recording.session import Session
from billing_dev.recording.story import NAMESPACE, TITLE, Story, write_manifest
from billing_dev.tree import ROOT

_ANTAEUS = Path(__file__).with_name("Dockerfile.antaeus")
# The invoices are read more often than usual, so that PAID is seen to count.
_SETTINGS = {"BILLING_INVOICES_SECONDS": "0.5"}


def main(words: Sequence[str]) -> int:
    """Records, and writes the recording and its picture."""
    argparse.ArgumentParser(prog="billing-dev record", description=__doc__).parse_args(words)
    try:
        cast = _recorded(up("demo"), build_images())
    except (AssertionError, ClusterError, KubectlError, OSError, subprocess.SubprocessError) as bad:
        say(f"error: {bad}")
        return 1
    CAST.parent.mkdir(parents=True, exist_ok=True)
    CAST.write_text(written(cast))
    PICTURE.write_text(picture())
    for file in (CAST, PICTURE):
        print(f"wrote {file.relative_to(ROOT)}, {file.stat().st_size // 1000} KB")
    return 0


def _recorded(cluster: Cluster, images: Images) -> Cast:
    with step("build an Antaeus with more invoices", usually="1 s"), TemporaryDirectory() as empty:
        of_stand_in = {"ANTAEUS_IMAGE": images.antaeus}
        antaeus = build(
            "antaeus-recorded", dockerfile=_ANTAEUS, context=Path(empty), arguments=of_stand_in
        )
    install(cluster, replace(images, antaeus=antaeus), settings=_SETTINGS)
    try:
        with _place(cluster) as folder:
            return _session(cluster, folder)
    finally:
        install(cluster, images)


def _session(cluster: Cluster, folder: Path) -> Cast:
    kube = Kube(cluster)
    environment = {
        "HOME": str(folder),
        "KUBECONFIG": str(folder / "kubeconfig"),
        "PATH": f"{cluster.kubectl.parent}:/usr/bin:/bin",
    }
    with step("record", usually="1 min"), Session(folder, environment) as session:
        Story(session, kube).tell()
        return session.cast(TITLE)


@contextmanager
def _place(cluster: Cluster) -> Iterator[Path]:
    """A folder with the stack's file and a kubeconfig that leads to a namespace of its own."""
    kube = Kube(cluster)
    kube.delete("namespace", NAMESPACE, "")
    kube.apply({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": NAMESPACE}})
    try:
        with TemporaryDirectory() as made:
            folder = Path(made)
            kubeconfig = folder / "kubeconfig"
            shutil.copyfile(cluster.kubeconfig, kubeconfig)
            Kube(cluster, kubeconfig)("config", "use-context", cluster.context)
            context = ("config", "set-context", "--current", f"--namespace={NAMESPACE}")
            Kube(cluster, kubeconfig)(*context)
            write_manifest(folder)
            yield folder
    finally:
        kube.delete("namespace", NAMESPACE, "", "--wait=false")
