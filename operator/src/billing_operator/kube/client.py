"""The adapter to the API server: the one module that speaks HTTP to it.

It sends plain paths through the official client, which brings the connection, the credentials and
their renewal along.
"""

import json
from collections.abc import AsyncIterator, Callable
from types import SimpleNamespace
from typing import Any, NamedTuple
from urllib.parse import urlencode

import aiohttp
from kubernetes.aio.client import ApiClient, Configuration

from billing_operator.errors import ClusterError, Conflict, NamespaceLeaving, NotFound, Refused
from billing_operator.kinds import (
    BILLING_STACK,
    BY_NAME,
    EVENT,
    JOB,
    POD,
    Key,
    Kind,
    Manifest,
    key,
)
from billing_operator.kube.api import Page
from billing_operator.metrics import Metrics
from billing_operator.names import MANAGER, STACK_LABEL
from billing_operator.reasons import Reason

# Each keeps a buffer of 256 KiB for TLS, and a server has no use for more at once from one client.
_CONNECTIONS = 16
_APPLY = "application/apply-patch+yaml"
_MERGE = "application/merge-patch+json"
_PAGE = 50
# An apply creates what is not there, whatever version it names, and conflicts with any other
# version of what is there. No object has this one: the store began with it, empty.
_NOT_THERE = {"resourceVersion": "1"}
# Mistakes in a field are the user's to mend; anything else is between us and the API server.
_REFUSED = (400, 422)
_NAMESPACE_LEAVING = "NamespaceTerminating"


class MayNotWrite(aiohttp.ClientError):
    """A request was held back in the last moment: another replica may be at work."""


def open_client(
    configuration: Configuration, may_write: Callable[[], bool] | None = None
) -> ApiClient:
    """A client of the API server, which is asked directly.

    The environment's proxy and ~/.netrc are left out: the one does not lead into the cluster, and
    to look into the other would cost each request a thread.

    Args:
        may_write: asked right before the first byte of each request that changes something, after
            all waiting for a connection.
    """
    configuration.client_session_kwargs = {"trust_env": False}
    if may_write:
        configuration.client_session_kwargs["trace_configs"] = [_guard(may_write)]
    configuration.connection_pool_maxsize = _CONNECTIONS
    return ApiClient(configuration)


def _guard(may_write: Callable[[], bool]) -> aiohttp.TraceConfig:
    async def about_to_send(
        _session: aiohttp.ClientSession,
        _context: SimpleNamespace,
        request: aiohttp.TraceRequestHeadersSentParams,
    ) -> None:
        if request.method != "GET" and not may_write():
            raise MayNotWrite("this replica does not hold the lease")

    guard = aiohttp.TraceConfig()
    guard.on_request_headers_sent.append(about_to_send)
    return guard


class _Request(NamedTuple):
    method: str
    path: str
    query: dict[str, str]
    body: Any = None
    content_type: str = "application/json"
    carries_spec: bool = False


class ApiCluster:
    """Speaks to one API server, within all namespaces or some."""

    def __init__(
        self, client: ApiClient, metrics: Metrics, *, namespaces: tuple[str, ...], timeout: float
    ) -> None:
        self._client = client
        self._metrics = metrics
        self._scopes: tuple[str | None, ...] = namespaces or (None,)
        self._timeout = timeout

    async def read(self, kind: Kind, key: Key) -> Manifest | None:
        """A live object, or None where there is none."""
        try:
            return await self._send(_Request("GET", kind.path(key.namespace, key.name), {}))
        except NotFound:
            return None

    async def pages(self, kind: Kind) -> AsyncIterator[Page]:
        """All objects of a kind in scope, page by page."""
        labels = "" if kind == BILLING_STACK else STACK_LABEL
        for namespace in self._scopes:
            async for page in self._pages(kind, namespace, labels):
                yield page

    async def list_stack(self, kind: Kind, stack: Key) -> list[Manifest]:
        """The objects of a kind that bear the label of one stack."""
        pages = self._pages(kind, stack.namespace, f"{STACK_LABEL}={stack.name}")
        return [live async for page in pages for live in page.items]

    async def apply(
        self, manifest: Manifest, *, new: bool = False, dry_run: bool = False
    ) -> Manifest:
        """Server-side apply of a child; returns the object as it is now.

        With new it only creates, and raises Conflict where there is one of that name. With dry_run
        it changes nothing, and returns the object as it would be.
        """
        kind = BY_NAME[manifest["kind"]]
        if new:
            manifest = manifest | {"metadata": manifest["metadata"] | _NOT_THERE}
        # Forced: what we own is ours, and a person who disagrees has the spec to say so.
        query = {"fieldManager": MANAGER, "force": "true", "fieldValidation": "Strict"}
        if dry_run:
            query["dryRun"] = "All"
        path = kind.path(*key(manifest))
        return await self._send(_Request("PATCH", path, query, manifest, _APPLY, carries_spec=True))

    async def rewrite_field_owners(self, live: Manifest, managed_fields: list[Manifest]) -> None:
        """Rewrites who set which field; raises Conflict if the object changed since it was read."""
        known = {name: live["metadata"][name] for name in ("uid", "resourceVersion")}
        body = {"metadata": known | {"managedFields": managed_fields}}
        path = BY_NAME[live["kind"]].path(*key(live))
        await self._send(_Request("PATCH", path, {"fieldManager": MANAGER}, body, _MERGE))

    async def apply_status(self, stack: Manifest, status: Manifest) -> Manifest:
        """Server-side apply of the status that was judged by a stack; returns it as it is now.

        Raises Conflict if the stack changed since it was read, whoever changed it.
        """
        # The uid keeps it from a later stack of the same name.
        known = {name: stack["metadata"][name] for name in ("name", "uid", "resourceVersion")}
        body = {
            "apiVersion": BILLING_STACK.api_version,
            "kind": BILLING_STACK.name,
            "metadata": known,
            "status": status,
        }
        query = {"fieldManager": MANAGER, "force": "true"}
        path = BILLING_STACK.path(*key(stack), "status")
        return await self._send(_Request("PATCH", path, query, body, _APPLY))

    async def create(self, manifest: Manifest) -> Manifest:
        """Makes an object; raises Conflict where there is one of that name."""
        path = BY_NAME[manifest["kind"]].path(manifest["metadata"]["namespace"])
        return await self._send(_Request("POST", path, {"fieldManager": MANAGER}, manifest))

    async def replace(self, live: Manifest) -> Manifest:
        """Puts an object in place of exactly the one that was read; raises Conflict otherwise."""
        path = BY_NAME[live["kind"]].path(*key(live))
        return await self._send(_Request("PUT", path, {"fieldManager": MANAGER}, live))

    async def delete(self, live: Manifest, *, unchanged: bool = False) -> None:
        """Removes exactly this object, not another of the same name.

        With unchanged it raises Conflict if the object changed since it was read.
        """
        known = ("uid", "resourceVersion") if unchanged else ("uid",)
        body: Manifest = {"preconditions": {name: live["metadata"][name] for name in known}}
        if live["kind"] == JOB.name:
            # Of all kinds this one would leave its pods behind.
            body["propagationPolicy"] = "Background"
        path = BY_NAME[live["kind"]].path(*key(live))
        try:
            await self._send(_Request("DELETE", path, {}, body))
        except NotFound:
            return

    async def resume(self, job: Manifest) -> Manifest:
        """Lets a suspended Job begin; raises Conflict if it changed since it was read."""
        return await self._patch(job, {"spec": {"suspend": False}})

    async def annotate(self, live: Manifest, annotations: dict[str, str]) -> Manifest:
        """Annotates an object; raises Conflict if it changed since it was read."""
        return await self._patch(live, {"metadata": {"annotations": annotations}})

    async def last_refusal(self, namespace: str, uid: str) -> str:
        """What was said last when a pod could not be made for this object; empty where nothing."""
        about = f"involvedObject.uid={uid},reason=FailedCreate"
        query = {"limit": "50", "fieldSelector": about}
        path = EVENT.path(namespace)
        events = (await self._send(_Request("GET", path, query))).get("items") or []
        last: Manifest = max(events, key=lambda event: event.get("lastTimestamp") or "", default={})
        return str(last.get("message") or "")

    async def annotate_pod(self, key: Key, annotations: dict[str, str]) -> None:
        """Writes annotations on a pod itself, which restarts nothing."""
        body = {"metadata": {"annotations": annotations}}
        query = {"fieldManager": MANAGER}
        await self._send(_Request("PATCH", POD.path(*key), query, body, _MERGE))

    async def _patch(self, live: Manifest, changes: Manifest) -> Manifest:
        """Changes exactly the object that was read."""
        known = {name: live["metadata"][name] for name in ("uid", "resourceVersion")}
        body = changes | {"metadata": known | changes.get("metadata", {})}
        path, query = BY_NAME[live["kind"]].path(*key(live)), {"fieldManager": MANAGER}
        return await self._send(_Request("PATCH", path, query, body, _MERGE))

    async def _pages(self, kind: Kind, namespace: str | None, labels: str) -> AsyncIterator[Page]:
        query = {"limit": str(_PAGE), "labelSelector": labels}
        # Items of a list don't say what they are.
        says = {"apiVersion": kind.api_version, "kind": kind.name}
        while True:
            page = await self._send(_Request("GET", kind.path(namespace), query))
            items = [says | item for item in page["items"]]
            yield Page(items, int(page["metadata"]["resourceVersion"]))
            if not (more := page["metadata"].get("continue")):
                return
            query = query | {"continue": more}

    async def _send(self, request: _Request) -> Manifest:
        headers = {"Accept": "application/json", "Content-Type": request.content_type}
        path = request.path + (f"?{urlencode(request.query)}" if request.query else "")
        try:
            method, url, headers, body, _ = await self._client.param_serialize(
                request.method,
                path,
                header_params=headers,
                body=request.body,
                auth_settings=["BearerToken"],
            )
            answer = await self._client.call_api(
                method, url, headers, body, _request_timeout=self._timeout
            )
            content = await answer.read()
        except (TimeoutError, aiohttp.ClientError, OSError) as error:
            self._metrics.api_requests.labels(request.method, "none").inc()
            raise ClusterError(
                Reason.API_SERVER_UNREACHABLE,
                f"{request.method} {request.path}: {str(error) or 'timed out'}",
            ) from error
        self._metrics.api_requests.labels(request.method, str(answer.status)).inc()
        if answer.status >= 400:
            raise _refusal(request, answer.status, content, answer.headers.get("Retry-After"))
        try:
            made: Manifest = json.loads(content)
        except ValueError as error:
            message = f"{request.method} {request.path}: answered with no JSON"
            raise ClusterError(Reason.API_SERVER_ERROR, message, status=answer.status) from error
        return made


def _refusal(
    request: _Request, status: int, content: bytes, retry_after: str | None
) -> ClusterError | Refused:
    text = _message(content) or f"HTTP {status}"
    message = f"{request.method} {request.path}: {text}"
    match status:
        case 403 if _NAMESPACE_LEAVING in _causes(content):
            return NamespaceLeaving(Reason.NAMESPACE_LEAVING, message, status=status)
        case 404:
            return NotFound(Reason.NOT_FOUND, message, status=status)
        case 409:
            return Conflict(Reason.CONFLICT, message, status=status, retry_after=1.0)
        case 403:
            return ClusterError(Reason.FORBIDDEN, message, status=status)
        case _ if status in _REFUSED and request.carries_spec:
            return Refused(text)
    wait = float(retry_after) if retry_after and retry_after.isdigit() else None
    return ClusterError(Reason.API_SERVER_ERROR, message, status=status, retry_after=wait)


def _message(content: bytes) -> str:
    """The server's words; never the object, which may hold what is secret."""
    try:
        return str(json.loads(content)["message"])
    except (ValueError, KeyError, TypeError):
        return ""


def _causes(content: bytes) -> list[str]:
    """What the server names as causes, in one word each."""
    try:
        return [str(cause["reason"]) for cause in json.loads(content)["details"]["causes"]]
    except (ValueError, KeyError, TypeError):
        return []
