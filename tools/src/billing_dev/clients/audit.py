"""What the API server says that the operator did: its audit log, not anybody's own account."""

import json
import secrets
from typing import NamedTuple

from billing_dev.clients.api_server import ApiServer
from billing_dev.cluster.docker import docker
from billing_dev.cluster.paths import Cluster
from billing_dev.eventually import eventually
from billing_operator.kinds import CONFIG_MAP, Manifest

OPERATOR = "system:serviceaccount:billing-system:billing-operator"
_WRITING = frozenset({"create", "update", "patch", "delete", "deletecollection"})
# The API server writes its log a little later than it answers.
_WRITTEN_SECONDS = 15.0
# Rotated files come first in the order of names, the one that is being written last.
_SEARCH = 'grep --no-filename --fixed-strings "$@" /var/log/kubernetes-audit/*.log || true'

Right = tuple[str, str, str]
"""Group, resource with its subresource, verb."""


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
        records = self._records(mark, namespace, f'"namespace":"{namespace}"')
        return [_request(record) for record in records if record["user"]["username"] == user]

    def writes_since(self, mark: str, namespace: str, user: str = OPERATOR) -> list[Request]:
        """What of that was meant to change something, whether it was let or not."""
        asked = self.requests_since(mark, namespace, user)
        return [request for request in asked if request.verb in _WRITING]

    def everywhere_since(self, mark: str, namespace: str, user: str = OPERATOR) -> list[Manifest]:
        """The records of all that a user has asked for since a mark, which is in a namespace."""
        of_user = f'"username":"{user}"'
        records = self._records(mark, namespace, of_user)
        return [record for record in records if record["user"]["username"] == user]

    def _records(self, mark: str, namespace: str, wanted: str) -> list[Manifest]:
        end = self.mark(namespace)
        lines = eventually(
            lambda: self._lines(wanted, mark, end),
            lambda lines: _index(lines, end) is not None,
            within=_WRITTEN_SECONDS,
        )
        return [json.loads(line) for line in lines[_index(lines, mark) : _index(lines, end)]]

    def _lines(self, *wanted: str) -> list[str]:
        words = [word for each in wanted for word in ("-e", each)]
        search = ("sh", "-c", _SEARCH, "grep", *words)
        return docker("exec", self._cluster.node, *search).splitlines()


def rights_of(record: Manifest) -> set[Right]:
    """What a role must grant for a request; an apply that makes an object is a creation too."""
    on, code = record["objectRef"], record.get("responseStatus", {}).get("code")
    resource = "/".join(filter(None, (on["resource"], on.get("subresource"))))
    verbs = {record["verb"]} | ({"create"} if code == 201 else set())
    return {(on.get("apiGroup", ""), resource, verb) for verb in verbs}


def _index(lines: list[str], mark: str) -> int | None:
    return next((number for number, line in enumerate(lines) if mark in line), None)


def _request(record: Manifest) -> Request:
    on = record["objectRef"]
    parts = (on["resource"], on.get("subresource"), on.get("name"))
    status = int(record.get("responseStatus", {}).get("code", 0))
    return Request(str(record["verb"]), "/".join(part for part in parts if part), status)
