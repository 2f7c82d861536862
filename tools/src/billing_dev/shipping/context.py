"""The cluster that kubectl points to, named before anything is done to it."""

import json
import shutil
from collections.abc import Mapping
from dataclasses import dataclass

from billing_dev.clients.kube import Kubectl, KubectlError
from billing_dev.cluster.errors import give_up
from billing_dev.cluster.progress import say

_NO_KUBECTL = (
    "There is no {program} here. How to get kubectl: https://kubernetes.io/docs/tasks/tools/\n"
    "One that is not in PATH is named with KUBECTL=/path/to/kubectl."
)
_NO_CONTEXT = (
    "kubectl has no current context, so there is no cluster to act on.\n"
    "`kubectl config get-contexts` lists those that it knows, `kubectl config use-context NAME` "
    "chooses one; KUBECONFIG=/path/to/file names another file of them."
)


@dataclass(frozen=True, slots=True)
class Context:
    """A context of kubectl's and how to act in it.

    Attributes:
        namespace: the one that kubectl uses where none is named.
    """

    name: str
    server: str
    namespace: str
    kube: Kubectl


def current_context(environment: Mapping[str, str]) -> Context:
    """The current context, after naming it to the person who waits; its server has answered."""
    program = environment.get("KUBECTL") or "kubectl"
    if not shutil.which(program):
        give_up(_NO_KUBECTL.format(program=program))
    context = _read(program)
    say(f"==> context {context.name}: {context.server}")
    version = json.loads(context.kube("get", "--raw=/version", "--request-timeout=10s"))
    say(f"    Kubernetes {version['gitVersion']}")
    return context


def _read(program: str) -> Context:
    try:
        view = json.loads(Kubectl(program)("config", "view", "--minify", "--output=json"))
    except KubectlError as error:
        if "current-context" not in str(error):
            raise
        give_up(_NO_CONTEXT)
    name: str = view["current-context"]
    return Context(
        name=name,
        server=view["clusters"][0]["cluster"]["server"],
        namespace=view["contexts"][0]["context"].get("namespace") or "default",
        # By its name from here on: the current context may change while this runs.
        kube=Kubectl(program, f"--context={name}"),
    )
