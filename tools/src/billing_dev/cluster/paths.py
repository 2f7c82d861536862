"""Where everything about the clusters is kept, and what the clusters are called.

All of it is outside the clone, so that a second clone finds it warm.
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from billing_dev.cluster.errors import give_up

RECIPE = Path(__file__).parent / "recipe"

# Every container and image that comes from here carries this label.
LABEL = "billing-stack.cluster"

# Host port -> port of the node. They are fixed when the node is made.
_PORTS: dict[str, dict[int, int]] = {
    "demo": {30008: 30008, 8080: 80},
    "test": {30018: 30008},
    "ship": {},
}


def cache(environment: Mapping[str, str] = os.environ) -> Path:
    """Returns the folder that holds everything that is made once and used again."""
    if named := environment.get("BILLING_CACHE"):
        return Path(named).absolute()
    shared = environment.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(shared) / "billing-stack"


def log_file(what: str) -> Path:
    """Returns the file that takes the long output of one step."""
    folder = cache() / "logs"
    folder.mkdir(parents=True, exist_ok=True)
    return folder / f"{what}.log"


@dataclass(frozen=True, slots=True)
class Cluster:
    """One of the clusters and where its things are; whether it runs is not said."""

    name: str

    def __post_init__(self) -> None:
        if self.name not in _PORTS:
            give_up(f"{self.name!r} is no cluster; there are: {', '.join(_PORTS)}")

    @property
    def kind_name(self) -> str:
        return f"{os.environ.get('BILLING_CLUSTER_PREFIX', 'billing')}-{self.name}"

    @property
    def node(self) -> str:
        """The container that is the cluster's only node."""
        return f"{self.kind_name}-control-plane"

    @property
    def home(self) -> Path:
        return cache() / "clusters" / self.kind_name

    @property
    def kubeconfig(self) -> Path:
        return self.home / "kubeconfig"

    @property
    def kubectl(self) -> Path:
        """A kubectl of the cluster's own version."""
        return self.home / "kubectl"

    @property
    def context(self) -> str:
        """What kind calls it in a kubeconfig."""
        return f"kind-{self.kind_name}"

    @property
    def discovery_cache(self) -> Path:
        """What kubectl remembers of the API that this cluster serves."""
        return self.home / "discovery"

    @property
    def audit_log(self) -> Path:
        return self.home / "audit" / "audit.log"

    @property
    def audit_policy(self) -> Path:
        """The node mounts this copy: a clone may be moved while its cluster runs."""
        return self.home / "audit-policy.yaml"

    @property
    def ports(self) -> dict[int, int]:
        """Ports of 127.0.0.1 on this machine, and the node's port that each leads to."""
        return dict(_PORTS[self.name])

    @property
    def has_mirrors(self) -> bool:
        """Whether its node is told by files, which may come later, where to pull from."""
        return self.name == "ship"

    @property
    def made_from(self) -> Path:
        """Holds the key of the recipe that the running cluster was made from."""
        return self.home / "made-from"


ALL = tuple(Cluster(name) for name in _PORTS)
