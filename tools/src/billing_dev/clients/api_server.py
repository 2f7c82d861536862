"""The API server over plain HTTP: as its administrator, to look closely and to set a scene.

kubectl is what users type; a test that asks many times a second would mostly wait for it to start,
and a run of tests that makes a hundred stacks would spend a minute on nothing else.
"""

import base64
import json
import ssl
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPResponse, HTTPSConnection, RemoteDisconnected
from pathlib import Path
from typing import Any, Self
from urllib.parse import quote, urlsplit

from billing_dev.clients.antaeus_api import AntaeusError, antaeus_said, pay_path
from billing_dev.clients.kube import Kube, Manifest
from billing_operator.kinds import Kind

_SECONDS = 10.0
_NAMESPACES = "/api/v1/namespaces"


@dataclass(frozen=True, slots=True)
class Access:
    """Where the API server is, how to know it, and the administrator's certificate."""

    server: str
    ca: Path
    certificate: Path
    key: Path

    @classmethod
    def of(cls, kube: Kube, folder: Path) -> "Access":
        """Takes apart the kubeconfig that kubectl uses; puts its certificates into a folder."""
        config = json.loads(kube("config", "view", "--raw", "--minify", "-o", "json"))
        cluster, user = config["clusters"][0]["cluster"], config["users"][0]["user"]
        return cls(
            server=cluster["server"],
            ca=_write(folder / "ca.crt", cluster["certificate-authority-data"]),
            certificate=_write(folder / "admin.crt", user["client-certificate-data"]),
            key=_write(folder / "admin.key", user["client-key-data"]),
        )

    def as_admin(self) -> ssl.SSLContext:
        """How the administrator connects."""
        context = ssl.create_default_context(cafile=self.ca)
        context.load_cert_chain(self.certificate, self.key)
        return context


def _write(path: Path, encoded: str) -> Path:
    path.touch(mode=0o600)
    path.write_bytes(base64.b64decode(encoded))
    return path


class ApiServer:
    """Acts as the administrator, over one connection."""

    def __init__(self, access: Access) -> None:
        address = urlsplit(access.server)
        self._connection: HTTPConnection = HTTPSConnection(
            address.hostname or "", address.port, timeout=_SECONDS, context=access.as_admin()
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        self._connection.close()

    def get(self, path: str) -> Any:
        """What is at a path, or None where there is nothing or nobody answers for it."""
        answer, body = self._ask("GET", path)
        if answer.status in (404, 500, 502, 503):
            return None
        assert answer.status == 200, f"GET {path}: {answer.status} {body!r}"
        return json.loads(body)

    def apply(self, kind: Kind, manifest: Manifest) -> None:
        """Applies an object, as kubectl apply --server-side does, but in no time."""
        metadata = manifest["metadata"]
        path = kind.path(metadata["namespace"], metadata["name"])
        path += "?fieldManager=kubectl&force=true&fieldValidation=Strict"
        headers = {"Content-Type": "application/apply-patch+yaml"}
        answer, body = self._ask("PATCH", path, json.dumps(manifest).encode(), headers)
        assert answer.status in (200, 201), f"apply {path}: {answer.status} {body!r}"

    def make_namespace(self, name: str, labels: Manifest) -> None:
        """Makes a namespace."""
        body = json.dumps({"metadata": {"name": name, "labels": labels}}).encode()
        answer, text = self._ask("POST", _NAMESPACES, body, {"Content-Type": "application/json"})
        assert answer.status == 201, f"namespace {name}: {answer.status} {text!r}"

    def delete_namespace(self, name: str) -> None:
        """Has a namespace go, with all that is in it; does not wait for that. None is no error."""
        answer, text = self._ask("DELETE", f"{_NAMESPACES}/{name}")
        assert answer.status in (200, 202, 404), f"namespace {name}: {answer.status} {text!r}"

    def merge(self, kind: Kind, namespace: str, name: str, patch: Manifest) -> None:
        """Changes fields of an object, as kubectl patch does, but in no time."""
        headers = {"Content-Type": "application/merge-patch+json"}
        path = kind.path(namespace, name)
        answer, body = self._ask("PATCH", path, json.dumps(patch).encode(), headers)
        assert answer.status == 200, f"PATCH {name}: {answer.status} {body!r}"

    def set_spec(self, kind: Kind, namespace: str, name: str, spec: Manifest) -> None:
        """Has an object's spec be this and nothing else, as kubectl replace does.

        An apply would keep what the API server filled in before, below what is given now.
        """
        headers = {"Content-Type": "application/json-patch+json"}
        path = f"{kind.path(namespace, name)}?fieldValidation=Strict"
        patch = json.dumps([{"op": "replace", "path": "/spec", "value": spec}]).encode()
        answer, body = self._ask("PATCH", path, patch, headers)
        assert answer.status == 200, f"PATCH {name}: {answer.status} {body!r}"

    def pay(self, namespace: str, stack: str) -> bool | None:
        """Has Antaeus of a stack pay, by the proxy: whether it paid all, None if it did not say.

        It may be on its way, it may have broken off, and a call that finds no pod any more is
        answered by whoever is there instead.
        """
        path = pay_path(namespace, stack)
        answer, body = self._ask("POST", path)
        try:
            return antaeus_said(path, answer.status, body, bool)
        except AntaeusError:
            return None

    def would_refuse(self, kind: Kind, manifest: Manifest) -> str | None:
        """What the API server says against an object, or None; nothing is made."""
        stored, text = self._try(kind, manifest)
        return None if stored else str(text["message"])

    def would_store(self, kind: Kind, manifest: Manifest) -> Manifest | None:
        """What would become of an object, or None where it would be refused; nothing is made."""
        stored, text = self._try(kind, manifest)
        return text if stored else None

    def _try(self, kind: Kind, manifest: Manifest) -> tuple[bool, Manifest]:
        path = kind.path(manifest["metadata"]["namespace"])
        path += "?dryRun=All&fieldValidation=Strict"
        headers = {"Content-Type": "application/json"}
        answer, body = self._ask("POST", path, json.dumps(manifest).encode(), headers)
        return answer.status == 201, json.loads(body)

    def read(self, kind: Kind, namespace: str, name: str) -> Manifest | None:
        """One object, with all that kubectl leaves out."""
        live: Manifest | None = self.get(kind.path(namespace, name))
        return live

    def serves(self, kind: Kind) -> bool:
        """Whether the cluster knows a kind."""
        answer, _ = self._ask("GET", kind.path(None))
        # 429: a kind that has just come or is about to go.
        return answer.status == 200

    def list(self, kind: Kind, namespace: str, labels: str = "") -> list[Manifest]:
        """All objects of a kind in a namespace, or those that bear labels."""
        listing = self.get(f"{kind.path(namespace)}?labelSelector={quote(labels)}")
        says = {"apiVersion": kind.api_version, "kind": kind.name}
        return [says | item for item in listing["items"]]

    def _ask(
        self, method: str, path: str, body: bytes = b"", headers: dict[str, str] | None = None
    ) -> tuple[HTTPResponse, bytes]:
        if method != "GET":
            # Never sent twice, so never over a connection that may have been idle for too long.
            self._connection.close()
            return self._ask_once(method, path, body, headers)
        try:
            return self._ask_once(method, path, body, headers)
        except (RemoteDisconnected, ConnectionError):
            self._connection.close()
            return self._ask_once(method, path, body, headers)

    def _ask_once(
        self, method: str, path: str, body: bytes, headers: dict[str, str] | None
    ) -> tuple[HTTPResponse, bytes]:
        self._connection.request(method, path, body or None, headers or {})
        answer = self._connection.getresponse()
        return answer, answer.read()
