"""Reaches a pod through the API server and its kubelet, whatever policies there are."""

import re
from collections.abc import Iterator
from contextlib import contextmanager

from billing_dev.clients.kube import Kubectl
from billing_dev.cluster.errors import give_up

_FORWARDING = re.compile(r"Forwarding from 127\.0\.0\.1:(\d+) ->")


@contextmanager
def forwarded(kube: Kubectl, namespace: str, target: str, port: int) -> Iterator[str]:
    """The base URL on this machine that leads to a port of a pod, or of a Service's pod."""
    words = ("-n", namespace, "port-forward", "--address=127.0.0.1", target, f":{port}")
    with kube.started(*words) as process:
        assert process.stdout is not None
        match = _FORWARDING.match(process.stdout.readline())
        if not match:
            give_up(f"{target} in namespace {namespace} can't be reached by kubectl port-forward.")
        yield f"http://127.0.0.1:{match[1]}"
