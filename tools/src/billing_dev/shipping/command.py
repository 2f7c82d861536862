"""The commands push, verify, deploy, smoke and undeploy, for a cluster of the user's."""

import argparse
import os
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from http.client import HTTPException

from billing_dev.clients.antaeus_api import AntaeusError
from billing_dev.clients.kube import KubectlError
from billing_dev.cluster.errors import ClusterError
from billing_dev.cluster.progress import say
from billing_dev.shipping.deploy import deploy
from billing_dev.shipping.release import push
from billing_dev.shipping.smoke import smoke
from billing_dev.shipping.undeploy import undeploy
from billing_dev.shipping.verify import verify

Environment = Mapping[str, str]

# Each tells whether it went well; what it cannot do at all, it raises.
_COMMANDS: dict[str, Callable[[Environment], bool]] = {
    "push": push,
    "verify": verify,
    "deploy": deploy,
    "smoke": smoke,
    "undeploy": undeploy,
}
_KUBECTL = "KUBECTL=program, where it is not the kubectl in PATH"
_RELEASE = "RELEASE=folder, of what was pushed (.build/release)"
# What each takes from the environment, where make puts what stands behind its target.
_VARIABLES = {
    "push": (
        "REGISTRY=registry.example.com/team",
        "ANTAEUS_IMAGE=image, for stacks that name none",
        _RELEASE,
    ),
    "verify": (_KUBECTL, _RELEASE),
    "deploy": (_KUBECTL, _RELEASE),
    "smoke": ("STACK=namespace/name", "NAMESPACE=namespace, for a STACK without one", _KUBECTL),
    "undeploy": ("STACKS=delete, to delete all stacks first", _KUBECTL),
}
_FAILURES = (
    ClusterError,
    KubectlError,
    AntaeusError,
    HTTPException,
    OSError,
    subprocess.SubprocessError,
)


def main(words: Sequence[str], environment: Environment = os.environ) -> int:
    """Runs the command that the first word names; returns its exit code."""
    command, *rest = words
    _parser(command).parse_args(rest)
    began = time.monotonic()
    try:
        good = _COMMANDS[command](environment)
    except _FAILURES as wrong:
        say(f"error: {wrong}")
        good = False
    except KeyboardInterrupt:
        say("interrupted")
        return 130
    say(f"==> {command}: {'done' if good else 'FAILED'} after {time.monotonic() - began:.0f} s")
    return 0 if good else 1


def _parser(command: str) -> argparse.ArgumentParser:
    variables = "\n".join(f"  {variable}" for variable in _VARIABLES[command])
    return argparse.ArgumentParser(
        prog=f"billing-dev {command}",
        description=_COMMANDS[command].__doc__,
        epilog=f"environment:\n{variables}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
