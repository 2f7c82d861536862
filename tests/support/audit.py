"""What the API server says that the operator did: its audit log, not anybody's own account."""

import json
import secrets
from typing import NamedTuple

from billing_operator.kinds import CONFIG_MAP
from cluster.docker import docker
from cluster.paths import Cluster
from support.api_server import ApiServer
from support.eventually import eventually
from support.limits import NOTICED

OPERATOR = "system:serviceaccount:billing-system:billing-operator"
_WRITING = frozenset({"create", "update", "patch", "delete", "deletecollection"})
# Rotated files come first in the order of names, the one that is being written last.
_SEARCH = 'grep --no-filename --fixed-strings -- "$0" /var/log/kubernetes-audit/*.log || true'


class Request(NamedTuple):
    """One request and its answer."""

    verb: str
    what: str
    status: int


class AuditLog:
    """The audit log of a cluster, one namespace at a time."""

    def __init__(self, cluster: Cluster, api: ApiServer) -> None:
        self._cluster = cluster
        self._api = api

    def mark(self, namespace: str) -> str:
        """Leaves a trace in the log that tells what was before it from what comes after."""
        name = f"mark-{secrets.token_hex(8)}"
        # There is no such object, and that somebody asked for it is on record all the same.
        self._api.read(CONFIG_MAP, namespace, name)
        return name

    def requests_since(self, mark: str, namespace: str, user: str = OPERATOR) -> list[Request]:
        """What a user has asked for in a namespace between a mark and now."""
        end = self.mark(namespace)
        lines = eventually(
            lambda: self._lines(namespace), lambda found: _index(found, end), within=NOTICED
        )
        records = (json.loads(line) for line in lines[_index(lines, mark) : _index(lines, end)])
        return [_request(record) for record in records if record["user"]["username"] == user]

    def writes_since(self, mark: str, namespace: str, user: str = OPERATOR) -> list[Request]:
        """What of that was meant to change something, whether it was let or not."""
        asked = self.requests_since(mark, namespace, user)
        return [request for request in asked if request.verb in _WRITING]

    def _lines(self, namespace: str) -> list[str]:
        wanted = f'"namespace":"{namespace}"'
        return docker("exec", self._cluster.node, "sh", "-c", _SEARCH, wanted).splitlines()


def _index(lines: list[str], mark: str) -> int | None:
    return next((number for number, line in enumerate(lines) if mark in line), None)


def _request(record: dict[str, dict[str, str]]) -> Request:
    on = record["objectRef"]
    parts = (on["resource"], on.get("subresource"), on.get("name"))
    status = int(record.get("responseStatus", {}).get("code", 0))
    return Request(str(record["verb"]), "/".join(part for part in parts if part), status)
