"""What must hold at the end of every test, whatever was done to the stack before.

It is as its spec wants it, by a comparison of our own and not only by the operator's; nothing is
left over; and it is at rest: the operator looks at everything again, and again, and writes nothing.
"""

from collections.abc import Iterable
from typing import Any

from billing_operator.children.drift import drift
from billing_operator.desired import antaeus, desired
from billing_operator.inputs import Installation, Token
from billing_operator.kinds import (
    CHILDREN,
    CLAIM,
    OPTIONAL,
    SECRET,
    Manifest,
    Ref,
    controller_of,
    ref,
)
from billing_operator.names import MANAGER, STACK_LABEL, token_secret_name
from billing_operator.settings import Settings
from billing_operator.spec.stack import Stack
from billing_operator.tokens.choice import Secrets, choose_token
from support.cluster.in_process import InProcess
from support.cluster.workspace import Workspace

_RESYNCS = "billing_operator_resyncs_total"


def assert_settled(
    workspace: Workspace, operator: InProcess, name: str, *, lives: set[tuple[str, int]]
) -> None:
    """The stack is ready and whole, nothing is left over, all is at rest.

    Args:
        lives: of Antaeus, before the test did what it did: a restart forgets every payment.
    """
    workspace.until_ready(name)
    # It may have been so before it came to the operator's eyes what was done to it.
    operator.resync()
    body = workspace.until_complete(name)
    assert body["status"]["observedGeneration"] == body["metadata"]["generation"]
    assert_as_desired(workspace, operator.settings, body)
    assert_at_rest(workspace, operator)
    assert workspace.antaeus_instances(name) == lives


def assert_at_rest(workspace: Workspace, operator: InProcess) -> None:
    """Two full resyncs go by, and the API server has seen no write of the operator's."""
    operator.until_idle()
    before, mark = operator.count(_RESYNCS), workspace.audit.mark(workspace.namespace)
    operator.resync()
    operator.resync()
    assert operator.count(_RESYNCS) >= before + 2
    assert workspace.audit.writes_since(mark, workspace.namespace) == []


def assert_as_desired(workspace: Workspace, settings: Settings, body: Manifest) -> None:
    """Exactly the children that the spec wants are there, with all that it wants of them."""
    wanted = _wanted(workspace, settings.installation, Stack.from_body(body))
    live = children(workspace, body["metadata"]["name"])
    # A claim may outlive its stack, and then is nobody's.
    owned = (child for name, child in live.items() if name.kind != CLAIM.name)
    owners = {(controller_of(child) or {}).get("uid") for child in owned}
    assert owners == {body["metadata"]["uid"]}
    assert {name for name in live if name.kind != SECRET.name} == set(wanted)
    lacking = [
        f"{name}{path}"
        for name, manifest in wanted.items()
        for path in differences(manifest, live[name])
    ]
    assert lacking == []
    drifts = {name: drift(manifest, live[name], MANAGER) for name, manifest in wanted.items()}
    assert set(drifts.values()) == {None}, drifts


def children(workspace: Workspace, stack: str) -> dict[Ref, Manifest]:
    """Everything that was made for a stack of this name, by its labels."""
    labels = f"{STACK_LABEL}={stack}"
    kinds = (*CHILDREN, SECRET, *(kind for kind in OPTIONAL if workspace.api.serves(kind)))
    found = (
        live for kind in kinds for live in workspace.api.list(kind, workspace.namespace, labels)
    )
    return {ref(live): live for live in found}


def differences(wanted: Any, live: Any, path: str = "") -> Iterable[str]:
    """Where a live object lacks what is wanted of it; what others added does not count."""
    if isinstance(wanted, dict) and isinstance(live, dict):
        for name, value in wanted.items():
            yield from differences(value, live.get(name), f"{path}.{name}")
    elif isinstance(wanted, list) and isinstance(live, list):
        for number, item in enumerate(wanted):
            if not any(not list(differences(item, other)) for other in live):
                yield f"{path}[{number}]"
    elif wanted != live:
        yield f"{path}: {live!r} is not {wanted!r}"


def _wanted(workspace: Workspace, installation: Installation, stack: Stack) -> dict[Ref, Manifest]:
    secret = workspace.api.read(SECRET, stack.namespace, token_secret_name(stack.name))
    token = choose_token(stack, Secrets(own=secret), None)
    assert isinstance(token, Token)
    template = antaeus.template(stack, token, installation)
    # At rest an autoscaler has the number of pods in hand, if there is one.
    groups = desired(
        stack,
        token,
        installation,
        antaeus_template=template,
        scaled_by_others=bool(stack.autoscaling),
    )
    absent = {kind.name for kind in OPTIONAL if not workspace.api.serves(kind)}
    made = [each for group in groups for each in group if each["kind"] not in absent]
    return {ref(manifest): manifest for manifest in made}
