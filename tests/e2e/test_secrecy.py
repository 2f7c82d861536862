"""The token is where it belongs, and nowhere else that anybody can look."""

import base64
import json
from collections.abc import Callable, Iterator

import pytest

from billing_dev.clients.antaeus_api import AntaeusApi
from billing_dev.clients.api_server import ApiServer
from billing_dev.clients.kube import Kube, KubectlError
from billing_dev.eventually import eventually
from billing_dev.installation import NAMESPACE, leader, operator_pods, raw_of_pod, wait_for_operator
from billing_operator.names import RENEW_TOKEN
from support.cluster.limits import NOTICED
from support.cluster.namespaces import a_namespace
from support.cluster.prober import Prober
from support.cluster.running_stack import RunningStack

# What may be read with the right to view, without the right to read Secrets.
_KINDS = (
    "billingstacks,configmaps,cronjobs,deployments,events,jobs,networkpolicies,pods,replicasets,"
    "services"
)
_OPERATOR = "deployment/billing-operator"
# There is no such series before the first pass.
_ANY_PASS = 'billing_operator_reconcile_total{result="done"}'
_CHARGE = '{"currency":"USD","customer_id":1,"value":181.62}'
_PORTS = {"antaeus": (), "payment": ("metrics", "profile", "readyz")}


@pytest.fixture
def token(stack: RunningStack) -> bytes:
    """The stack's token, as only its two services and an administrator know it."""
    return _token_of(stack)


def _token_of(stack: RunningStack) -> bytes:
    name = stack.read()["status"]["token"]["secretName"]
    data = stack.kube.must_get("secret", name, stack.namespace)["data"]
    return base64.b64decode(data["token"])


@pytest.mark.usefixtures("some_pending")
def test_the_token_is_nowhere_to_be_read(
    stack: RunningStack, antaeus: AntaeusApi, token: bytes
) -> None:
    """After charges with the right token, with a wrong one, and with it where it doesn't belong."""
    stack.change(payment={"successRate": 0.5})
    antaeus.pay()
    _misuse(stack, token.decode())
    # The operator reads the Secret again, and says what it finds.
    stack.kube("-n", NAMESPACE, "rollout", "restart", _OPERATOR)
    wait_for_operator(stack.kube)
    eventually(lambda: _has_passed(stack.kube), within=NOTICED)

    places = dict(_places(stack))

    assert len(places) >= 10
    assert [place for place, text in places.items() if _tells(text, token)] == []


def test_neither_of_two_tokens_is_anywhere_to_be_read(
    kube: Kube,
    api: ApiServer,
    installed: object,  # noqa: ARG001 - somebody has to rotate
) -> None:
    """While one takes over from the other, and afterwards."""
    # A stack of its own: where somebody has just paid, a rotation waits.
    with a_namespace(api, "secrecy") as namespace:
        stack = RunningStack(kube, namespace, "shop")
        stack.make({})
        one = _token_of(stack)
        asked = stack.ask_for_another_token()
        places = list(_places(stack))
        stack.until_rotated(asked)
        other = _token_of(stack)
        places += _places(stack)

    assert other != one
    for each in (one, other):
        assert [place for place, text in places if _tells(text, each)] == []


@pytest.mark.parametrize("form", [bytes.decode, lambda token: base64.b64encode(token).decode()])
def test_a_token_that_somebody_lets_out_would_be_found(
    stack: RunningStack, token: bytes, form: Callable[[bytes], str]
) -> None:
    note = ("annotate", "--overwrite", "billingstack", stack.name)
    stack.kube("-n", stack.namespace, *note, f"example.test/note=it is {form(token)} indeed")

    found = [place for place, text in _places(stack) if _tells(text, token)]

    stack.kube("-n", stack.namespace, *note, "example.test/note-")
    assert found == [_KINDS, "describe"]


def _misuse(stack: RunningStack, token: str) -> None:
    """Callers who send the token in the wrong place, and nearly the right one in the right one."""
    url = stack.read()["status"]["endpoints"]["payment"]
    caller = Prober(stack.kube, stack.namespace, stack.pod("antaeus")["metadata"]["name"])
    wrong = {"Content-Type": "application/json", "X-Token": token[:-1]}
    assert caller.ask(url, body=_CHARGE, headers=wrong).startswith("403 ")
    for odd in (f"{url}/?token={token}", f"{url}/{token}"):
        assert not caller.ask(odd, body=_CHARGE, headers=wrong).startswith("200 ")
    right = wrong | {"X-Token": token}
    assert not caller.ask(url, body=f"{{{token}", headers=right).startswith("200 ")
    stack.kube(
        "-n", stack.namespace, "annotate", "--overwrite", "bst", stack.name, f"{RENEW_TOKEN}=1"
    )


def _places(stack: RunningStack) -> Iterator[tuple[str, str]]:
    """Everything that can be read of a stack and its operator, by the place where it is."""
    kube, inside = stack.kube, ("-n", stack.namespace)
    yield _KINDS, kube(*inside, "get", _KINDS, "-o", "json")
    yield "describe", kube(*inside, "describe", "billingstack,deployment,pod")
    for part, paths in _PORTS.items():
        for pod in stack.pods(part, leaving=True):
            name = pod["metadata"]["name"]
            yield f"log of {name}", kube(*inside, "logs", name)
            for path in paths:
                port = f"/api/v1/namespaces/{stack.namespace}/pods/{name}:9001/proxy/{path}"
                yield f"{path} of {name}", kube.raw(port)
    yield from _of_operator(kube)


def _of_operator(kube: Kube) -> Iterator[tuple[str, str]]:
    for pod in operator_pods(kube):
        yield f"log of {pod}", kube("-n", NAMESPACE, "logs", pod)
        yield f"metrics of {pod}", raw_of_pod(kube, pod, "metrics")
    yield "events of the operator", kube("-n", NAMESPACE, "get", "events,pods", "-o", "json")


def _has_passed(kube: Kube) -> bool:
    """Whether the replica that works now has looked at a stack."""
    pod = leader(kube)
    try:
        return pod in operator_pods(kube) and _ANY_PASS in raw_of_pod(kube, pod, "metrics")
    except KubectlError:
        # The one before, on its way out, has let go of its port before its lease.
        return False


def _tells(text: str, token: bytes) -> bool:
    """Whether a text has the token, plainly or as Secrets hold it."""
    encoded = base64.b64encode(token).decode().rstrip("=")
    return any(form in text for form in (token.decode(), encoded, json.dumps(token.decode())))
