"""What Ready means: of all that holds at once, the first of the chain is what a user is told."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from billing_operator.errors import SpecError
from billing_operator.kinds import Manifest, deployment
from billing_operator.observed.stack import observe
from billing_operator.profile.refusal import Refusal
from billing_operator.reasons import Reason
from billing_operator.spec.stack import Stack
from billing_operator.status.readiness import READINESS, Findings, verdict
from billing_operator.tokens.secret import Step
from billing_operator.tokens.state import TokenState
from billing_operator.tokens.steps import Rotation
from support.operator.builders import a_deployment, a_pod, a_stack, a_token

UNDER_WAY = TokenState(
    id="first",
    other_id="second",
    step=Step.STAGED,
    users=False,
    other_users=False,
    made=datetime(2025, 1, 1, tzinfo=UTC),
    rotated_at=None,
    request=None,
)
STUCK = {"reason": "ErrImagePull", "message": "no such image"}


@dataclass(frozen=True)
class Case:
    """A stack and what was found; seen as its children and its pods."""

    stack: Stack
    found: Findings

    def seeing(self, children: tuple[Manifest, ...], *pods: Manifest) -> "Case":
        return replace(self, found=replace(self.found, seen=observe(children, pods)))

    @property
    def reason(self) -> str:
        return verdict(self.stack, self.found, None).reason


def everything_at_once() -> Case:
    """A stack of which every check holds: Antaeus hangs, and so on."""
    found = Findings(
        seen=observe(
            (a_deployment("antaeus", ready=0), a_deployment()),
            (a_pod("antaeus", ready=False, waiting=STUCK),),
        ),
        token=a_token(),
        fault=SpecError(Reason.APPLY_REJECTED, "the API server refuses it"),
        profile_in_effect=False,
        reading=None,
        pending_changes=frozenset({deployment("shop-payment")}),
        refusal=Refusal("shop-payment-0", ("successRate: is more than 1",)),
        rotation=Rotation(UNDER_WAY),
        held="image b waits",
    )
    return Case(a_stack(hibernate=True), found)


Mend = Callable[[Case], Case]


def without(**changes: object) -> Mend:
    """Mends what the findings have of one check."""
    return lambda case: replace(case, found=replace(case.found, **changes))  # type: ignore[arg-type]  # names of its fields


def test_the_order_in_which_a_stack_is_judged() -> None:
    assert [check.__name__.replace("_", " ") for check in READINESS] == [
        "fault",
        "refused profile",
        "stuck part",
        "suspended",
        "rotating",
        "rolling out",
        "unseen",
        "hibernating",
        "held",
        "profile",
    ]


def test_of_all_that_holds_at_once_the_first_is_told_until_it_is_mended() -> None:
    at_zero = (a_deployment("antaeus", wanted=0), a_deployment(wanted=0))
    mended: list[tuple[str, Mend]] = [
        ("ApplyRejected", without(fault=None)),
        ("ProfileRefused", without(refusal=None)),
        ("PodsUnhealthy", lambda case: case.seeing((a_deployment("antaeus", ready=0),))),
        ("Suspended", without(pending_changes=frozenset())),
        ("TokenRotating", without(rotation=None)),
        ("Hibernating", lambda case: case.seeing((a_deployment("antaeus"), a_deployment()))),
        ("PodsUnseen", lambda case: case.seeing(at_zero, a_pod(leaving=True))),
        ("Hibernating", lambda case: case.seeing(at_zero)),
        ("Hibernated", lambda case: replace(case, stack=a_stack())),
        ("UpdateHeld", without(held=None)),
        ("ProfileUpdating", without(profile_in_effect=True)),
    ]
    case, told = everything_at_once(), []
    for _, mend in mended:
        told.append(case.reason)
        case = mend(case)

    assert told == [reason for reason, _ in mended]
    assert case.reason == "AllReady"


def test_a_stack_whose_payment_is_to_have_no_pods_does_not_say_that_payment_is_ready() -> None:
    of_antaeus = a_deployment("antaeus"), a_pod("antaeus")
    case = Case(a_stack(payment={"replicas": 0}), replace(everything_at_once().found, fault=None))
    clear = replace(
        case.found,
        refusal=None,
        pending_changes=frozenset(),
        rotation=None,
        profile_in_effect=True,
        held=None,
    )
    at_zero = Case(case.stack, clear).seeing((of_antaeus[0], a_deployment(wanted=0)), of_antaeus[1])
    told = verdict(at_zero.stack, at_zero.found, None)

    assert (told.reason, told.ready) == ("AllReady", True)
    assert told.message == "Antaeus is ready; payment is to have no pods, so no charge is taken"


def test_a_part_that_comes_up_by_itself_is_told_after_a_rotation() -> None:
    starting = everything_at_once().seeing((a_deployment("antaeus", ready=0), a_deployment()))
    clear = replace(starting.found, fault=None, refusal=None, pending_changes=frozenset())
    rotating = Case(a_stack(), clear)

    assert rotating.reason == "TokenRotating"
    assert without(rotation=None)(rotating).reason == "AntaeusStarting"


def test_of_the_two_parts_antaeus_is_told_first_even_where_payment_is_stuck() -> None:
    both = (a_deployment("antaeus", ready=0), a_deployment(ready=0))
    case = everything_at_once().seeing(both, a_pod(ready=False, waiting=STUCK))
    clear = replace(
        case.found, fault=None, refusal=None, pending_changes=frozenset(), rotation=None
    )

    assert Case(a_stack(), clear).reason == "AntaeusStarting"
