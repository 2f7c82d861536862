"""A Redis on this machine, in which the payment pods of a stack on the cluster remember as one."""

import base64
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from billing_dev.local.redis_server import PASSWORD, RedisServer
from billing_operator.kinds import SECRET, Kind, Manifest
from support.cluster.workspace import Workspace

_NODE = Kind("v1", "Node", "nodes")
_SECRET = "redis"


@contextmanager
def shared_store(workspace: Workspace, folder: Path) -> Iterator[Manifest]:
    """Runs one, and yields what spec.payment.store is to say of it.

    Args:
        folder: what it writes goes there.
    """
    host = _address(workspace)
    workspace.api.apply(SECRET, _password(workspace))
    with RedisServer(folder, also_at=host) as server:
        yield {"host": host, "port": server.port, "passwordSecretRef": {"name": _SECRET}}


def _address(workspace: Workspace) -> str:
    """This machine's, as the cluster's nodes see it."""
    (node, *_) = workspace.api.get(_NODE.path(None))["items"]
    addresses = {each["type"]: each["address"] for each in node["status"]["addresses"]}
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as way:
        way.connect((addresses["InternalIP"], 9))
        return str(way.getsockname()[0])


def _password(workspace: Workspace) -> Manifest:
    return {
        "apiVersion": SECRET.api_version,
        "kind": SECRET.name,
        "metadata": {"name": _SECRET, "namespace": workspace.namespace},
        "data": {"password": base64.b64encode(PASSWORD.encode()).decode()},
    }
