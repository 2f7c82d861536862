"""Reaches a stack's services from outside the cluster: by the API server's proxy.

An operator that runs beside the tests has no address that the stack's NetworkPolicies would let
in; the API server calls from the node, which they always do.
"""

import aiohttp

from billing_dev.clients.api_server import Access
from billing_operator.apps.answers import Calls, Counts, ProfileAnswer, Totals
from billing_operator.apps.http import count_invoices, read_calls, read_profile, read_totals
from billing_operator.errors import Waiting
from billing_operator.names import ANTAEUS, OPS_PORT, part_name
from billing_operator.observed.stack import Pod
from billing_operator.reasons import Reason
from billing_operator.spec.stack import Stack

_SECONDS = 10.0


class ProxyApps:
    """The two services of any stack; opened and closed in the event loop that uses it."""

    def __init__(self, access: Access) -> None:
        self._access = access
        self._session: aiohttp.ClientSession | None = None

    async def open(self) -> None:
        self._session = aiohttp.ClientSession(
            base_url=self._access.server,
            connector=aiohttp.TCPConnector(ssl=self._access.as_admin()),
            timeout=aiohttp.ClientTimeout(total=_SECONDS),
        )

    async def close(self) -> None:
        if self._session:
            await self._session.close()

    async def invoices(self, stack: Stack) -> Counts:
        service = f"services/{part_name(stack.name, ANTAEUS)}:http"
        return count_invoices(await self._get(stack, f"{service}/proxy/rest/v1/invoices"))

    async def profile(self, stack: Stack, pod: Pod) -> ProfileAnswer:
        return read_profile(await self._get(stack, f"pods/{pod.name}:{OPS_PORT}/proxy/profile"))

    async def calls(self, stack: Stack, pod: Pod) -> Calls:
        return read_calls(await self._get(stack, f"pods/{pod.name}:{OPS_PORT}/proxy/metrics"))

    async def totals(self, stack: Stack, pod: Pod) -> Totals:
        return read_totals(await self._get(stack, f"pods/{pod.name}:{OPS_PORT}/proxy/totals"))

    async def _get(self, stack: Stack, path: str) -> bytes:
        if self._session is None:
            raise RuntimeError("not opened")
        try:
            url = f"/api/v1/namespaces/{stack.namespace}/{path}"
            async with self._session.get(url) as answer:
                answer.raise_for_status()
                return await answer.read()
        except (TimeoutError, aiohttp.ClientError, OSError) as error:
            raise Waiting(
                Reason.NO_ANSWER, f"{path}: {error or 'timed out'}", seconds=1.0
            ) from error
