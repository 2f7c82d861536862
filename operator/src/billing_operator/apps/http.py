"""Asks the two services of a stack by HTTP, as any client in the cluster would."""

import json
from collections import Counter
from decimal import Decimal
from typing import Any

import aiohttp
from prometheus_client.parser import text_string_to_metric_families

from billing_operator.apps.answers import (
    Accepted,
    Calls,
    Counts,
    ProfileAnswer,
    Totals,
    count,
    most_frequent,
    totals,
)
from billing_operator.errors import Waiting
from billing_operator.kinds import Manifest
from billing_operator.names import ANTAEUS, ANTAEUS_PORT, OPS_PORT, service_host
from billing_operator.observed.stack import Pod
from billing_operator.reasons import Reason
from billing_operator.spec.stack import Stack

# Of payment's metrics (its own tests hold it to them).
_HELD = "payment_replies_deferred"
_REFUSED = "payment_charge_refusals_total"
_TAKEN = (
    "payment_charges_total",
    _REFUSED,
    "payment_faults_injected_total",
    "payment_replays_total",
)
# A service that takes longer than this is asked again later.
_SECONDS = 3.0


def open_session() -> aiohttp.ClientSession:
    """A session that keeps nothing of one answer for the next: no cookies, whoever sets them."""
    return aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar())


class HttpApps:
    """Speaks to the services as any client in the cluster would.

    Whoever owns a stack decides what runs in its pods, so nothing that they answer is trusted.
    """

    def __init__(self, session: aiohttp.ClientSession, *, seconds: float = _SECONDS) -> None:
        """Takes for no answer what has not come whole after so many seconds."""
        self._session = session
        self._timeout = aiohttp.ClientTimeout(total=seconds)

    async def invoices(self, stack: Stack) -> Counts:
        """Reads Antaeus through its Service."""
        host = service_host(stack.name, ANTAEUS, stack.namespace)
        return count_invoices(await self._get(f"http://{host}:{ANTAEUS_PORT}/rest/v1/invoices"))

    async def profile(self, stack: Stack, pod: Pod) -> ProfileAnswer:  # noqa: ARG002 - other adapters need the namespace
        """Reads one pod, since each answers for itself."""
        return read_profile(await self._get(f"{_of_pod(pod)}/profile"))

    async def calls(self, stack: Stack, pod: Pod) -> Calls:  # noqa: ARG002 - other adapters need the namespace
        """Reads one pod's metrics."""
        return read_calls(await self._get(f"{_of_pod(pod)}/metrics"))

    async def totals(self, stack: Stack, pod: Pod) -> Totals:  # noqa: ARG002 - other adapters need the namespace
        """Reads one pod, since each counts for itself."""
        return read_totals(await self._get(f"{_of_pod(pod)}/totals"))

    async def _get(self, url: str) -> bytes:
        """Every byte from a stack's pods comes in here: the one place for bounds on them."""
        try:
            async with self._session.get(
                url,
                # A kept connection could lead to the pod of before, that is about to leave.
                headers={"Connection": "close"},
                # Else a pod could have the operator ask whatever the operator can reach.
                allow_redirects=False,
                timeout=self._timeout,
            ) as answer:
                answer.raise_for_status()
                if answer.status >= 300:
                    why = f"{url}: answered with status {answer.status}"
                    raise Waiting(Reason.NO_ANSWER, why, seconds=5.0)
                return await answer.read()
        except (TimeoutError, aiohttp.ClientError, OSError) as error:
            raise Waiting(
                Reason.NO_ANSWER, f"{url}: {str(error) or 'timed out'}", seconds=5.0
            ) from error


def _of_pod(pod: Pod) -> str:
    host = f"[{pod.ip}]" if ":" in pod.ip else pod.ip
    return f"http://{host}:{OPS_PORT}"


def count_invoices(body: bytes) -> Counts:
    """Counts what Antaeus answers on /rest/v1/invoices."""
    try:
        return count(_json(body, parse_float=Decimal))
    except ValueError as error:
        raise Waiting(Reason.NO_ANSWER, str(error), seconds=30.0) from error


def read_profile(body: bytes) -> ProfileAnswer:
    """Reads what payment answers on /profile."""
    answer = _json(body)
    if not isinstance(answer, dict) or not isinstance(answer.get("hash"), str):
        raise Waiting(Reason.NO_ANSWER, "payment answered with no profile", seconds=5.0)
    refused, accepted = answer.get("refused"), _accepted(answer)
    if not isinstance(refused, dict) or not isinstance(refused.get("hash"), str):
        return ProfileAnswer(answer["hash"], accepted=accepted)
    mistakes = refused.get("mistakes")
    texts = map(str, mistakes) if isinstance(mistakes, list) else ()
    return ProfileAnswer(answer["hash"], refused["hash"], tuple(texts), accepted)


def _accepted(answer: Manifest) -> Accepted | None:
    match answer.get("tokens", False):
        case None:
            return Accepted(everything=True)
        case list() as ids:
            return Accepted(frozenset(str(each) if each else None for each in ids))
        case _:
            return None


def read_calls(body: bytes) -> Calls:
    """Reads what payment answers on /metrics; every call that it takes is counted somewhere."""
    totals: dict[str, int] = {}
    refused: Counter[str] = Counter()
    try:
        for family in text_string_to_metric_families(body.decode()):
            for name, labels, value, *_ in family.samples:
                if name in (*_TAKEN, _HELD):
                    totals[name] = totals.get(name, 0) + int(value)
                if name == _REFUSED:
                    refused[str(labels.get("reason"))] += int(value)
        held = totals[_HELD]
    except (ValueError, KeyError, OverflowError) as error:
        raise Waiting(Reason.NO_ANSWER, "payment does not tell its calls", seconds=5.0) from error
    return Calls(sum(totals.get(name, 0) for name in _TAKEN), held, most_frequent(refused))


def read_totals(body: bytes) -> Totals:
    """Reads what payment answers on /totals, and leaves behind as its termination message."""
    known = totals(_json(body))
    if known is None:
        raise Waiting(Reason.NO_ANSWER, "payment does not tell what it accepted", seconds=5.0)
    return known


def _json(body: bytes, **how: Any) -> Any:
    try:
        return json.loads(body, **how)
    except (ValueError, RecursionError) as error:
        raise Waiting(Reason.NO_ANSWER, "the answer is no JSON", seconds=5.0) from error
