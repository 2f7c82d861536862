"""Decides whether an object that bears the name of a child is the stack's own."""

from collections.abc import Iterable, Sequence

from billing_operator.errors import Fault, SpecError, Waiting
from billing_operator.kinds import BILLING_STACK, CLAIM, Manifest, controller_of
from billing_operator.names import ADOPT, ANTAEUS, labels, part_name
from billing_operator.reasons import ConditionType, Reason
from billing_operator.spec.stack import Stack


def owned_by(live: Manifest, uid: str) -> bool:
    """Whether the stack of this uid manages an object; names don't count, they come again."""
    owner = controller_of(live)
    return owner is not None and owner["uid"] == uid


def belongs_to(live: Manifest, stack: Stack) -> bool:
    """Whether an object is a stack's own; of a claim that outlives stacks its labels say so."""
    return owned_by(live, stack.uid) or _is_retained_claim(live, stack)


def _is_retained_claim(live: Manifest, stack: Stack) -> bool:
    wanted = labels(stack.name, ANTAEUS).items()
    labelled = wanted <= (live["metadata"].get("labels") or {}).items()
    named = live["metadata"]["name"] == part_name(stack.name, ANTAEUS)
    return live["kind"] == CLAIM.name and controller_of(live) is None and named and labelled


def refuse_foreign(stack: Stack, live: Manifest, *, remedy: str) -> None:
    """Lets pass what is the stack's own.

    Raises:
        Waiting: it belonged to an earlier stack of this name and is on its way out.
        SpecError: it is somebody else's and is not touched.
    """
    if belongs_to(live, stack):
        return
    what = f"{live['kind']} {live['metadata']['name']}"
    owner = controller_of(live)
    if owner and (owner["kind"], owner["name"]) == (BILLING_STACK.name, stack.name):
        raise Waiting(
            Reason.PREVIOUS_STACK_TERMINATING,
            f"{what} is still there from an earlier stack of this name",
            seconds=1.0,
        )
    raise SpecError(
        Reason.NAME_CONFLICT,
        f"{what} exists and is not this stack's; it was not touched. Either {remedy}",
        condition=ConditionType.NAME_CONFLICT,
    )


def refuse_all_unless_given(stack: Stack, lives: Iterable[Manifest]) -> None:
    """Like refuse_unless_given, for several objects, of which all that are foreign are told."""
    refusals: list[Fault] = []
    for live in lives:
        try:
            refuse_unless_given(stack, live)
        except Fault as refusal:
            refusals.append(refusal)
    if refusals:
        raise first_of(refusals)


def first_of(faults: Sequence[BaseException]) -> BaseException:
    """The first fault; where that is a name that is taken, with all the other ones."""
    taken = [
        fault
        for fault in faults
        if isinstance(fault, SpecError) and fault.condition == ConditionType.NAME_CONFLICT
    ]
    if not taken or faults[0] is not taken[0]:
        return faults[0]
    message = "; ".join(fault.message for fault in taken)
    return SpecError(taken[0].reason, message, condition=taken[0].condition)


def refuse_unless_given(stack: Stack, live: Manifest) -> None:
    """Like refuse_foreign, for what its owner may hand over by an annotation."""
    given = (live["metadata"].get("annotations") or {}).get(ADOPT) == stack.name
    owner = controller_of(live)
    if given and owner is None:
        return
    kind, name = live["kind"].lower(), live["metadata"]["name"]
    command = (
        f"kubectl annotate --overwrite -n {stack.namespace} {kind} {name} {ADOPT}={stack.name}"
    )
    remedy = f"rename or remove it, or hand it to the stack: {command}"
    if owner:
        # It would be made again, or torn between two controllers.
        remedy = f"rename the stack, or remove {owner['kind']} {owner['name']}, which manages it"
    refuse_foreign(stack, live, remedy=remedy)
