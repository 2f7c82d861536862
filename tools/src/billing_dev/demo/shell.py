"""A pod beside the demo's stack, with curl and jq, that is gone when you leave.

It shows first who reaches what. With no terminal it does only that, and ends.
"""

import argparse
import signal
import subprocess
import sys
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import NoReturn

from billing_dev.clients.kube import Kube, KubectlError, Manifest
from billing_dev.cluster.errors import ClusterError, give_up
from billing_dev.cluster.images import load
from billing_dev.cluster.lifecycle import up
from billing_dev.cluster.paths import Cluster
from billing_dev.cluster.progress import say, step
from billing_dev.demo.stack import KIND, NAME, NAMESPACE
from billing_dev.demo.standing import standing
from billing_dev.installation import build_one

_ANTAEUS = f"http://{NAME}-antaeus:8000"
_PAYMENT = f"http://{NAME}-payment:9000"
_READY_SECONDS = 60
# What curl ends with when nothing answered in time.
_TIMED_OUT = 28

# However its last command ended, the prompt itself has not failed.
_PROMPT = ("sh", "-c", "bash --norc; true")

_HINTS = f"""
Try:

  curl -s {_ANTAEUS}/rest/v1/invoices | jq -c '.[:3][]'
  curl -s {_ANTAEUS}/rest/v1/invoices | jq -c 'group_by(.status)[] | [.[0].status, length]'
  curl -s -X POST {_ANTAEUS}/rest/v1/invoices/pay
  curl --max-time 3 {_PAYMENT}/health

Ctrl-D or `exit` leaves, and removes this pod.
"""


@dataclass(frozen=True, slots=True)
class Look:
    """One call from the pod, and what should come of it."""

    url: str
    seconds: int
    exit_code: int
    means: str

    @property
    def command(self) -> list[str]:
        return ["curl", "--silent", "--show-error", "--max-time", str(self.seconds), self.url]


LOOKS = (
    Look(f"{_ANTAEUS}/rest/health", 10, 0, "Antaeus answers everybody"),
    Look(
        f"{_PAYMENT}/health",
        3,
        _TIMED_OUT,
        f"payment is there, but NetworkPolicy {NAME}-payment lets only Antaeus through",
    ),
)


def main(words: Sequence[str]) -> int:
    """Returns 0 where the two calls ended as they should, 130 after Ctrl-C."""
    argparse.ArgumentParser(prog="billing-dev shell", description=__doc__).parse_args(words)
    signal.signal(signal.SIGTERM, _leave)
    signal.signal(signal.SIGHUP, _leave)
    try:
        return _shell()
    except (ClusterError, KubectlError, subprocess.SubprocessError) as wrong:
        say(f"error: {wrong}")
        return 1
    except KeyboardInterrupt:
        return 130


def _leave(*_: object) -> NoReturn:
    # As an exception, so that the pod is removed on the way out.
    sys.exit(1)


def _shell() -> int:
    cluster = _demo_cluster()
    kube = Kube(cluster)
    with step("build an image with curl and jq", usually="1 s, 20 s at first"):
        image = build_one("billing-shell", "tools/src/billing_dev/demo/Dockerfile.shell")
    load(cluster, image)
    with _pod(kube, image) as pod:
        good = [_shows(_exec(cluster, pod), look) for look in LOOKS]
        if sys.stdin.isatty() and sys.stdout.isatty():
            say(_HINTS)
            subprocess.run([*_exec(cluster, pod, "-it"), *_PROMPT], check=False)
    return 0 if all(good) else 1


def _demo_cluster() -> Cluster:
    """The demo's cluster with its stack ready; a silent payment would otherwise prove nothing."""
    if not Cluster("demo").kubeconfig.exists():
        give_up("There is no demo yet: run `make demo` first.")
    cluster = up("demo")
    kube = Kube(cluster)
    try:
        stack = kube.get(KIND, NAME, NAMESPACE)
    except KubectlError:  # a cluster that has not even the kind
        stack = None
    if stack is None:
        give_up(f"There is no stack {NAME} in namespace {NAMESPACE}: run `make demo` first.")
    now = standing(stack)
    if not now.ready:
        give_up(f"Stack {NAME} is not ready: {now.words}")
    return cluster


@contextmanager
def _pod(kube: Kube, image: str) -> Iterator[str]:
    name = f"shell-{uuid.uuid4().hex[:5]}"
    try:
        with step(f"start pod {name} in namespace {NAMESPACE}", usually="3 s"):
            kube.apply(_manifest(name, image))
            ready = ("wait", f"pod/{name}", "--for=condition=Ready", f"--timeout={_READY_SECONDS}s")
            kube("-n", NAMESPACE, *ready)
        yield name
    finally:
        kube.delete("pod", name, NAMESPACE)
        say(f"pod {name} is removed")


def _manifest(name: str, image: str) -> Manifest:
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": name, "namespace": NAMESPACE, "labels": {"app": "shell"}},
        "spec": {
            "automountServiceAccountToken": False,
            "enableServiceLinks": False,
            "terminationGracePeriodSeconds": 0,
            "restartPolicy": "Never",
            "securityContext": {
                "runAsNonRoot": True,
                "runAsUser": 65532,
                "runAsGroup": 65532,
                "seccompProfile": {"type": "RuntimeDefault"},
            },
            "containers": [
                {
                    "name": "shell",
                    "image": image,
                    "imagePullPolicy": "Never",
                    "env": [
                        {"name": "PS1", "value": f"{NAMESPACE}/{name}$ "},
                        {"name": "HOME", "value": "/tmp"},
                    ],
                    "securityContext": {
                        "allowPrivilegeEscalation": False,
                        "capabilities": {"drop": ["ALL"]},
                    },
                }
            ],
        },
    }


def _shows(in_pod: list[str], look: Look) -> bool:
    say(f"\n$ {' '.join(look.command)}")
    done = subprocess.run(
        [*in_pod, *look.command],
        capture_output=True,
        text=True,
        timeout=look.seconds + 30,
        check=False,
    )
    # The last line is kubectl's own remark on the exit code.
    words = (done.stdout + done.stderr).strip().splitlines()
    say("\n".join(line for line in words if not line.startswith("command terminated")))
    good = done.returncode == look.exit_code
    say(f"  {'ok    ' if good else 'NOT OK'}  {look.means}")
    return good


def _exec(cluster: Cluster, pod: str, *options: str) -> list[str]:
    kubectl = [
        str(cluster.kubectl),
        f"--kubeconfig={cluster.kubeconfig}",
        f"--context={cluster.context}",
    ]
    kubectl += ["-n", NAMESPACE]
    return [*kubectl, "exec", *options, pod, "--"]
