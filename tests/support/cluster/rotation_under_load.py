"""A rotation of the token on a cluster: asked for, under load, and looked at at its end."""

import base64
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

from billing_dev.clients.api_server import ApiServer
from billing_dev.eventually import eventually
from billing_operator.kinds import BILLING_STACK, POD, SECRET, Manifest
from billing_operator.names import (
    ANTAEUS,
    PAYMENT,
    ROTATE_TOKEN,
    TOKEN_ID,
    TOKEN_KEY,
    selector_text,
)
from billing_operator.tokens.secret import Step, TokenSecret
from support.cluster.charges import lines
from support.cluster.charging import Books, charging
from support.cluster.limits import ROLLOUT
from support.cluster.workspace import Workspace, is_ready

# For so many seconds there is load beside two valid tokens.
_UNTIL_PAUSE = 2.0


@contextmanager
def under_load(workspace: Workspace, pods: list[str]) -> Iterator[Books]:
    """Antaeus charges all the time, and every pod is charged with what Antaeus would start with.

    But for a pause once two tokens have been valid for a while: nobody who pays is cut off.
    """
    over, lock = threading.Event(), threading.Lock()
    staged_since: float | None = None

    def read() -> TokenSecret:
        secret = api.read(SECRET, workspace.namespace, "shop-token")
        assert secret is not None
        return TokenSecret.of(secret)

    def token() -> str:
        nonlocal staged_since
        with lock:
            own, now = read(), time.monotonic()
            staged_since = (staged_since or now) if own.step is Step.STAGED else None
            if staged_since and now - staged_since > _UNTIL_PAUSE:
                own = eventually(read, lambda own: own.step is not Step.STAGED, within=ROLLOUT)
            if own.step is Step.RETIRING:
                _assert_no_antaeus_has_another(api, workspace.namespace, own.current.id)
        return base64.b64decode(own.current.text).decode()

    def pay() -> None:
        with ApiServer(workspace.access) as caller:
            while not over.is_set():
                token()
                # What becomes of a call that is cut off, as Antaeus restarts, is its own.
                caller.pay(workspace.namespace, "shop")

    with ApiServer(workspace.access) as api, ThreadPoolExecutor(1) as pool:
        paying = pool.submit(pay)
        try:
            with charging(workspace.access, workspace.namespace, pods, token) as books:
                yield books
        finally:
            over.set()
        paying.result()


def _assert_no_antaeus_has_another(api: ApiServer, namespace: str, token_id: str | None) -> None:
    """Not one that is leaving either, which may be in the middle of a pay call."""
    pods = api.list(POD, namespace, selector_text("shop", ANTAEUS))
    assert {pod["metadata"]["annotations"].get(TOKEN_ID) for pod in pods} <= {token_id}


def ask(workspace: Workspace, value: str) -> None:
    """Asks for a rotation of the stack named shop, as kubectl annotate would."""
    annotations = {"metadata": {"annotations": {ROTATE_TOKEN: value}}}
    workspace.api.merge(BILLING_STACK, workspace.namespace, "shop", annotations)


def has_rotated(value: str) -> Callable[[Manifest], bool]:
    """Tells of a stack whether what was asked for is met, and all is at rest."""

    def has(stack: Manifest) -> bool:
        told = stack["status"]["token"]
        return told.get("lastHandledRotate") == value and "rotation" not in told and is_ready(stack)

    return has


def names(workspace: Workspace) -> list[str]:
    """The payment pods."""
    return sorted(pod["metadata"]["name"] for pod in workspace.pods("shop", PAYMENT))


def assert_none_refused(workspace: Workspace, books: Books, pods: list[str]) -> None:
    """Neither of these charges nor of Antaeus' own, by what payment wrote."""
    assert Counter(told.status for told in books.told).keys() == {200}
    logs = [workspace.kube("-n", workspace.namespace, "logs", pod, "--tail=-1") for pod in pods]
    charges = [line for log in logs for line in lines(log, "charge")]
    assert {line["authenticated"] for line in charges} == {True}
    assert len(charges) > len(books.told)


def assert_one_token(workspace: Workspace, before: str) -> None:
    """Another than before, which is what Antaeus has and all that the Secret has."""
    secret = workspace.api.read(SECRET, workspace.namespace, "shop-token")
    assert secret is not None
    assert set(secret["data"]) == {TOKEN_KEY, "id", "digest", "made", "request", "rotated-at"}
    token = base64.b64decode(secret["data"][TOKEN_KEY]).decode()
    assert token != before
    assert antaeus_has(workspace) == token


def antaeus_has(workspace: Workspace) -> str:
    """The token that the one Antaeus was started with."""
    (pod,) = workspace.pods("shop", ANTAEUS)
    name = pod["metadata"]["name"]
    has = workspace.kube(
        "-n", workspace.namespace, "exec", name, "--", "printenv", "PAYMENTS_API_TOKEN"
    )
    return has.strip()
