"""Decides the next step by which one token takes over from another, and what it has to wait for.

Payment accepts the new token beside the earlier one before Antaeus may have it, and forgets the
earlier one when no Antaeus has that any more: at any moment all that Antaeus may send is accepted.
Each step follows from what is seen alone, so it does not matter who took the one before, or when.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import Enum, auto

from billing_operator.apps.answers import Accepted
from billing_operator.invoices.activity import Activity
from billing_operator.kinds import deployment
from billing_operator.names import ANTAEUS, TOKEN_ID, part_name
from billing_operator.observed.stack import Observed
from billing_operator.spec.stack import Stack
from billing_operator.tokens.secret import Step
from billing_operator.tokens.state import TokenState

_IMAGE_REMEDY = (
    "take spec.payment.image out, or name a version of payment there that tells its tokens"
)
_SILENT_SECONDS = 120.0
_SILENT_REMEDY = (
    "see why that does not answer, or, where nobody pays for sure, set spec.antaeus.replicas to 0 "
    "until the rotation is complete, which ends Antaeus and so forgets all payments"
)


class Action(Enum):
    """What is done to the Secret."""

    SEAL = auto()
    STAGE = auto()
    DROP = auto()
    PROMOTE = auto()
    RETIRE = auto()
    COMPLETE = auto()


@dataclass(frozen=True, slots=True)
class Blocked:
    """Nothing is done for now.

    Attributes:
        remedy: what a person must do; None where it passes by itself.
    """

    what: str
    remedy: str | None = None


@dataclass(frozen=True, slots=True)
class PaymentPod:
    """What a payment pod said when it was asked.

    Attributes:
        answers: whether it said anything.
        accepted: None where it says nothing of tokens.
    """

    name: str
    answers: bool
    accepted: Accepted | None


@dataclass(frozen=True, slots=True)
class Facts:
    """All that a step depends on besides the Secret.

    Attributes:
        antaeus_runs: whether an Antaeus has a token by now, which nobody can ask it for.
        payment: every payment pod that may take a charge, now or soon, be it ready or leaving.
        antaeus_lacks: what is still to happen until no Antaeus has another token than the current.
        batch: what Antaeus may be charging for, in words: a run, or a direct pay call.
        activity: of whoever may be paying; None where no Antaeus runs that could be cut off, or
            where it is not the turn of Antaeus.
        quiet_seconds: for so long nothing may move before Antaeus is restarted.
        waiting_seconds: for so long it has been at this step, as far as is known.
        suspended: whether nothing may be written.
    """

    payment: tuple[PaymentPod, ...]
    antaeus_lacks: str | None
    antaeus_runs: bool = True
    batch: str | None = None
    activity: Activity | None = None
    quiet_seconds: float = 0.0
    waiting_seconds: float = 0.0
    suspended: bool = False


def wanted(stack: Stack, state: TokenState, now: datetime) -> bool:
    """Whether another token is to take over from the current one."""
    if stack.secret_ref:
        return state.good and state.differs
    asked = stack.rotate_token is not None and stack.rotate_token != state.request
    due = due_in(stack, state, now)
    return state.users or asked or (due is not None and due <= 0)


def due_in(stack: Stack, state: TokenState, now: datetime) -> float | None:
    """In how many seconds the current token is too old; None if never."""
    if stack.secret_ref or stack.token_max_age is None:
        return None
    return stack.token_max_age - (now - state.made).total_seconds()


@dataclass(frozen=True, slots=True)
class Rotation:
    """How a stack's tokens are after a pass.

    Attributes:
        blocked_by: what keeps a rotation from going on, or from beginning, if anything does.
        look_again: in how many seconds to look again; None where only news could change anything.
    """

    state: TokenState
    blocked_by: Blocked | None = None
    look_again: float | None = None

    @property
    def under_way(self) -> bool:
        """Whether one has begun and is not complete: no billing run may begin then."""
        return self.state.under_way


def sooner(seconds: float | None, rotation: Rotation | None) -> float | None:
    """When to look again, for a rotation or what else there is to look for."""
    both = seconds, rotation.look_again if rotation else None
    return min((each for each in both if each is not None), default=None)


def next_step(
    stack: Stack, state: TokenState, facts: Facts, now: datetime
) -> Action | Blocked | None:
    """What to do, or what to wait for; None where there is nothing to do."""
    if may_seal(state, antaeus_runs=facts.antaeus_runs) and not facts.suspended:
        return Action.SEAL
    match state.step:
        case None:
            step = _begin(facts) if wanted(stack, state, now) else None
        case Step.STAGED:
            step = _staged(stack, state, facts, now)
        case Step.PROMOTED:
            step = Blocked(facts.antaeus_lacks) if facts.antaeus_lacks else Action.RETIRE
        case Step.RETIRING:
            step = _retiring(state, facts)
    if isinstance(step, Action) and facts.suspended:
        return Blocked("spec.suspend is true: nothing is written until it is false")
    return step


def may_seal(state: TokenState, *, antaeus_runs: bool) -> bool:
    """Whether digests of what the Secret has now are to be made.

    Not while an Antaeus runs, which may have been started with another token.
    """
    return not (state.sealed or antaeus_runs)


def _begin(facts: Facts) -> Action | Blocked:
    # Once begun it would keep billing runs waiting, so it is seen first that it can come to an end.
    return _silent(facts) or _billing(facts) or Action.STAGE


def _staged(stack: Stack, state: TokenState, facts: Facts, now: datetime) -> Action | Blocked:
    if stack.secret_ref and not state.good:
        return Blocked("the Secret of spec.token.secretRef is to be good again")
    # Nobody has the staged one yet, so it may be taken back or exchanged without any harm.
    if state.other_differs if stack.secret_ref else state.other_users:
        return Action.STAGE if wanted(stack, state, now) else Action.DROP
    behind = [pod for pod in facts.payment if not _takes(pod, state.id, state.other_id)]
    return (
        _silent(facts) or _behind(behind, facts, "both tokens") or _quiet(facts) or Action.PROMOTE
    )


def _retiring(state: TokenState, facts: Facts) -> Action | Blocked:
    behind = [
        pod for pod in facts.payment if not (pod.accepted and pod.accepted.takes_only(state.id))
    ]
    return _silent(facts) or _behind(behind, facts, "the new token alone") or Action.COMPLETE


def _takes(pod: PaymentPod, *ids: str | None) -> bool:
    return pod.accepted is not None and pod.accepted.takes(*ids)


def _silent(facts: Facts) -> Blocked | None:
    names = [pod.name for pod in facts.payment if pod.answers and pod.accepted is None]
    if not names:
        return None
    return Blocked(f"payment: {_some(names)} does not tell which tokens it accepts", _IMAGE_REMEDY)


def _behind(behind: list[PaymentPod], facts: Facts, what: str) -> Blocked | None:
    if not behind:
        return None
    done, all_pods = len(facts.payment) - len(behind), len(facts.payment)
    names = _some(pod.name for pod in behind)
    return Blocked(f"payment: {done} of {all_pods} pods accept {what}; not yet {names}")


def _billing(facts: Facts) -> Blocked | None:
    return Blocked(f"{facts.batch} is to end") if facts.batch else None


def _quiet(facts: Facts) -> Blocked | None:
    """Whether Antaeus may be restarted: what is not known may be somebody who pays."""
    return _billing(facts) or _unknown(facts) or _paying(facts)


def _unknown(facts: Facts) -> Blocked | None:
    unknown_because = facts.activity.unknown_because if facts.activity else ""
    if not unknown_because:
        return None
    # A pod that starts is silent for a while, and no one must act for that.
    remedy = _SILENT_REMEDY if facts.waiting_seconds >= _SILENT_SECONDS else None
    return Blocked(
        "a restart of Antaeus may cut off somebody who pays, and whether anybody does can't be "
        f"told: {unknown_because}",
        remedy,
    )


def _paying(facts: Facts) -> Blocked | None:
    activity, quiet = facts.activity, facts.quiet_seconds
    if activity is None or not (activity.charging or activity.unchanged_seconds < quiet):
        return None
    return Blocked(
        f"nobody is to pay, nor payment to get a charge, for {quiet:g} s: a restart of Antaeus "
        "would cut that off"
    )


def _some(names: Iterable[str]) -> str:
    one, *more = sorted(names)
    return f"{one} and {len(more)} more" if more else one


def antaeus_lacks(stack: Stack, seen: Observed, token_id: str | None) -> str | None:
    """What is still to happen until no Antaeus has another token than this; None if nothing."""
    live = seen.children.get(deployment(part_name(stack.name, ANTAEUS)))
    rollout = seen.rollout(stack.name, ANTAEUS)
    if live is None or rollout is None:
        return "the deployment of antaeus is to be there"
    annotations = live["spec"]["template"]["metadata"].get("annotations") or {}
    if annotations.get(TOKEN_ID) != token_id:
        return "antaeus is to be started with the new token"
    if not rollout.complete:
        return f"antaeus is to run with the new token: {rollout.progress}"
    earlier = [
        p.name for p in seen.pods if p.part == ANTAEUS and p.mounted and p.token_id != token_id
    ]
    return f"{_some(earlier)} is to end, which has the earlier token" if earlier else None
