"""Every field of the spec on a running operator: set, changed, taken back, set again; and refused.

The fields come from the schema, so that one that is added tomorrow is tried tomorrow.
"""

import copy
import json
from collections import defaultdict
from collections.abc import Iterable, Sequence
from itertools import zip_longest
from typing import TypeVar

import pytest

from billing_dev.clients.api_server import ApiServer
from billing_operator.kinds import (
    AUTOSCALER,
    BILLING_STACK,
    CHILDREN,
    SECRET,
    SERVICE,
    Manifest,
    Ref,
    deployment,
)
from billing_operator.names import MANAGER
from support.cluster.final_checks import assert_as_desired, assert_at_rest, children, differences
from support.cluster.in_process import InProcess
from support.cluster.limits import NOTICED
from support.cluster.workspace import NO_PODS, Workspace, a_stack, conditions, holds, is_ready
from support.schema.spec_context import ALONE
from support.schema.spec_fields import Field, at_the_ends, fields, merged, wrong

pytestmark = pytest.mark.minutes

T = TypeVar("T")

_NAMESPACE = "default"
_OF_THE_SERVER = ("managedFields", "resourceVersion", "generation", "creationTimestamp", "uid")
_REVISION = "deployment.kubernetes.io/revision"
# So many stacks are changed at a time, since a change of one waits a moment for the next.
_SIDE_BY_SIDE = 12


def _parts(found: Sequence[T], size: int) -> list[Sequence[T]]:
    return [found[start : start + size] for start in range(0, len(found), size)]


def _together(found: Iterable[tuple[Field, T]]) -> list[dict[Field, T]]:
    """What may be tried at the same time: one thing of each field of the spec's parts."""
    by_top: dict[str, list[tuple[Field, T]]] = defaultdict(list)
    for field, what in found:
        by_top[field.top].append((field, what))
    # What is said of a whole part leaves no room for what is said of its fields.
    alone = [top for top in by_top if top in ALONE or "." not in top]
    many = zip_longest(*(group for top, group in by_top.items() if top not in alone))
    rounds = [dict(filter(None, each)) for each in many]
    return rounds + [{field: what} for top in alone for field, what in by_top[top]]


def _one_of_each(found: list[tuple[Field, T]]) -> list[tuple[Field, T]]:
    """Of fields that share their schema, such as those of both services' pods, the first."""
    first: dict[int, str] = {}
    for field, _ in found:
        first.setdefault(id(field.node), field.path)
    return [each for each in found if first[id(each[0].node)] == each[0].path]


# Each change of a user's Secret is another token, whose name the children bear; test_users_token
# has those. A claim keeps what it was made with, and outlives its stack: test_persistence.
_TRIED = (
    field
    for field in fields()
    if field.top != "token.secretRef" and ".persistence.template" not in field.path
)
_ROUNDS = _together((field, field.values) for field in _TRIED)


@pytest.mark.usefixtures("installed")
def test_every_value_of_every_field_is_kept_as_it_was_given(
    api: ApiServer, *, thorough: bool
) -> None:
    found = [(field, field.spec(value)) for field in fields() for value in field.values]
    lost: list[object] = []
    for specs in _together(found if thorough else _one_of_each(found)):
        spec = merged(*specs.values())
        stored = api.would_store(BILLING_STACK, a_stack("shop", _NAMESPACE, spec)) or {}
        lost += differences(spec, stored.get("spec"))

    assert lost == []


@pytest.mark.usefixtures("installed")
@pytest.mark.parametrize("unknown", [False, True], ids=["value", "name"])
def test_every_mistake_in_every_field_is_refused_by_its_name(
    api: ApiServer, *, thorough: bool, unknown: bool
) -> None:
    """The API server tells all mistakes at once, those in names before those in values."""
    found = [(field, spec) for field, what, spec in wrong() if (what == "unknown") is unknown]
    unnamed: list[str] = []
    for specs in _together(found if thorough else _one_of_each(found)):
        stack = a_stack("shop", _NAMESPACE, merged(*specs.values()))
        said = api.would_refuse(BILLING_STACK, stack) or ""
        unnamed += [field.shown for field in specs if field.shown not in said]

    assert unnamed == []


@pytest.mark.parametrize(
    "rounds",
    [
        _ROUNDS[:1],
        *(pytest.param(part, marks=pytest.mark.thorough) for part in _parts(_ROUNDS[1:], 8)),
    ],
    ids=lambda part: next(iter(part[0])).path,
)
def test_fields_are_set_changed_taken_back_and_set_again(
    workspace: Workspace, rounds: Sequence[dict[Field, tuple[object, ...]]]
) -> None:
    _make_secrets(workspace)
    workspace.apply("shop", NO_PODS)
    with workspace.operator() as operator:
        fresh = _settled(workspace, operator, NO_PODS)
        for tried in rounds:
            if len(tried) == 1:
                # A stack that is suspended keeps what the round before has set.
                _settled(workspace, operator, NO_PODS)
            first = _with(0, {field: of for field, of in tried.items() if of[0] not in ([], {})})
            last = _with(-1, tried)
            made = _settled(workspace, operator, first)
            # Much of the last the API server drops or writes in its own way.
            assert_as_desired(workspace, operator.settings, workspace.read("shop"))
            _settled(workspace, operator, last)
            assert _unlike(_settled(workspace, operator, NO_PODS), fresh) == []
            assert _unlike(_settled(workspace, operator, first), made) == []
        assert_at_rest(workspace, operator)


@pytest.mark.thorough
@pytest.mark.parametrize(
    "tried", _parts(_one_of_each([*at_the_ends()]), 300), ids=lambda part: part[0][0].path
)
def test_what_the_schema_may_just_so_take_is_done_or_told_by_its_name(
    workspace: Workspace, tried: Sequence[tuple[Field, object]], caplog: pytest.LogCaptureFixture
) -> None:
    """Kubernetes refuses some of it: for a child that is told, and no child is the worse for it."""
    _make_secrets(workspace)
    unnamed: dict[str, str] = {}
    with workspace.operator() as operator:
        for part in _parts(tried, _SIDE_BY_SIDE):
            for number, (field, value) in enumerate(part):
                said = _try(workspace, f"shop-{number}", field, value)
                if said is not None and not _names(said, field):
                    unnamed[f"{field.shown}: {value!r}"] = said
            operator.until_idle()
            for number, (field, value) in enumerate(part):
                said = _what_is_wrong(workspace, f"shop-{number}")
                if said is not None and not _names(said, field):
                    unnamed[f"{field.shown}: {value!r}"] = said
    assert unnamed == {}, "\n".join(f"{value} -> {said}" for value, said in unnamed.items())
    assert [record.getMessage() for record in caplog.records if record.exc_info] == []


def _try(workspace: Workspace, name: str, field: Field, value: object) -> str | None:
    """Applies a stack with a value; what was said against it, or None."""
    spec = merged({"hibernate": True}, field.spec(value))
    said = workspace.api.would_refuse(BILLING_STACK, a_stack("another", workspace.namespace, spec))
    workspace.apply(name, {"hibernate": True} if said else spec)
    return said


def _what_is_wrong(workspace: Workspace, name: str) -> str | None:
    def is_told(stack: Manifest) -> bool:
        seen: int = stack.get("status", {}).get("observedGeneration", -1)
        over = is_ready(stack) or holds(stack, "Stalled")
        return bool(seen == stack["metadata"]["generation"]) and over

    body = workspace.until(name, is_told, within=NOTICED)
    if is_ready(body):
        return None
    return str(conditions(body)["Ready"]["message"])


def _names(said: str, field: Field) -> bool:
    """Whether the field is told by its name, or what it stands in by its path.

    In a child that begins behind the service's name: `affinity` of an Antaeus is one of its pod.
    """
    around, _, last = field.shown.removesuffix("[0]").rpartition(".")
    in_child = around.split(".")[2:]
    return last in said or around in said or (len(in_child) > 1 and ".".join(in_child) in said)


def _settled(workspace: Workspace, operator: InProcess, spec: Manifest) -> dict[Ref, Manifest]:
    """The children once they are as the spec wants them, which costs no further write."""
    workspace.api.set_spec(BILLING_STACK, workspace.namespace, "shop", spec)
    workspace.until("shop", lambda stack: is_ready(stack) or holds(stack, "Suspended"))
    operator.until_idle()
    made = _contents(workspace)
    writes = _writes(operator)
    operator.resync()
    assert _writes(operator) == writes, spec
    return made


def _with(which: int, tried: dict[Field, tuple[object, ...]]) -> Manifest:
    """A spec in which each of several fields has one of its values."""
    return merged(NO_PODS, *(field.spec(values[which]) for field, values in tried.items()))


def _unlike(one: dict[Ref, Manifest], other: dict[Ref, Manifest]) -> list[str]:
    """What children have and others of the same names have not, in either way."""
    first, second = ({str(name): of for name, of in found.items()} for found in (one, other))
    return [*differences(first, second), *differences(second, first)]


def _writes(operator: InProcess) -> float:
    """How often the operator has changed a child, as it counts itself."""
    changed = "billing_operator_child_changes_total"
    return sum(operator.count(changed, kind=kind.name, action="changed") for kind in CHILDREN)


def _contents(workspace: Workspace) -> dict[Ref, Manifest]:
    found = children(workspace, "shop").items()
    made = {name: _content(live) for name, live in found if name.kind != SECRET.name}
    if any(name.kind == AUTOSCALER.name for name in made):
        # The autoscaler's, and it takes its time.
        del made[deployment("shop-payment")]["spec"]["replicas"]
    return made


def _content(live: Manifest) -> Manifest:
    """All of an object but what the API server and controllers write into it."""
    made = copy.deepcopy(live)
    made.pop("status", None)
    meta = made["metadata"]
    for name in _OF_THE_SERVER:
        meta.pop(name, None)
    meta.get("annotations", {}).pop(_REVISION, None)
    if made["kind"] == SERVICE.name and not _is_ours(live, "f:nodePort"):
        for port in made["spec"]["ports"]:
            port.pop("nodePort", None)
    return made


def _is_ours(live: Manifest, field: str) -> bool:
    """Whether the operator has set a field, which Kubernetes may choose as well."""
    ours = (each for each in live["metadata"]["managedFields"] if each["manager"] == MANAGER)
    return any(field in json.dumps(each["fieldsV1"]) for each in ours)


def _make_secrets(workspace: Workspace) -> None:
    """A token in each Secret, under each key, that some value may name."""
    for name in ("alpha", "beta"):
        workspace.api.apply(
            SECRET,
            {
                "apiVersion": "v1",
                "kind": "Secret",
                "metadata": {"name": name, "namespace": workspace.namespace},
                "stringData": dict.fromkeys(("token", "alpha", "beta"), "a-token-long-enough-0123"),
            },
        )
