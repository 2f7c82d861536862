"""Asks HTTP questions from inside the cluster, as the pod that the answer is about."""

import json
from dataclasses import dataclass

from billing_dev.clients.kube import Kube, Manifest

# Longer than an answer ever takes, shorter than anybody likes to wait for each one that is blocked.
_SECONDS = 3
BLOCKED = "blocked"

_ASK = f"""
import json, sys, urllib.error, urllib.request
url, headers, body = json.loads(sys.argv[1])
request = urllib.request.Request(url, body and body.encode(), headers)
try:
    with urllib.request.urlopen(request, timeout={_SECONDS}) as page:
        print(page.status, page.read().decode())
except urllib.error.HTTPError as page:
    print(page.code, page.read().decode())
except TimeoutError:
    print("{BLOCKED}")
except urllib.error.URLError as error:
    print("{BLOCKED}" if isinstance(error.reason, TimeoutError) else error)
"""


@dataclass(frozen=True, slots=True)
class Prober:
    """A pod with Python in it, whoever it belongs to."""

    kube: Kube
    namespace: str
    pod: str

    def ask(
        self, url: str, *, body: str | None = None, headers: dict[str, str] | None = None
    ) -> str:
        """Status and body of the answer; BLOCKED where none comes, else what went wrong."""
        words = json.dumps([url, headers or {}, body])
        shell = ("exec", self.pod, "--", "python3", "-c", _ASK, words)
        return self.kube("-n", self.namespace, *shell).strip()


def prober_pod(name: str, namespace: str, image: str, labels: dict[str, str]) -> Manifest:
    """A pod that does nothing but be there to ask from."""
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": name, "namespace": namespace, "labels": labels},
        "spec": {
            "terminationGracePeriodSeconds": 0,
            "automountServiceAccountToken": False,
            "containers": [
                {
                    "name": "prober",
                    "image": image,
                    "imagePullPolicy": "Never",
                    "command": ["sleep", "infinity"],
                }
            ],
        },
    }
