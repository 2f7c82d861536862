"""Judges a stack: turns what was found into the status that a user reads."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from billing_operator.admission import billing
from billing_operator.conditions import condition, pruned
from billing_operator.desired import profile
from billing_operator.errors import Fault, SpecError
from billing_operator.hibernation import asleep, asleep_message
from billing_operator.inputs import Installation, Token
from billing_operator.invoices import Reading, invoices, reset_message
from billing_operator.kinds import (
    POD_MONITOR,
    Manifest,
    Ref,
    conditions_of,
    deployment,
)
from billing_operator.names import (
    ANTAEUS,
    ANTAEUS_PORT,
    CHARGE_PORT,
    INVOICES_RESET,
    PAYMENT,
    TOKEN_ROTATING,
    TOKEN_ROTATION_HELD,
    part_name,
    selector_text,
    service_host,
)
from billing_operator.observed import Observed, Rollout
from billing_operator.profile_answers import Refusal
from billing_operator.run_records import Circumstances, Sight
from billing_operator.spec import Stack
from billing_operator.token_status import held_message, rotation_message, token_status
from billing_operator.token_steps import Rotation
from billing_operator.troubles import Trouble


class Reason(StrEnum):
    """Reasons of the Ready condition, besides those that a fault brings along."""

    ALL_READY = "AllReady"
    CREATING = "Creating"
    ANTAEUS_STARTING = "AntaeusStarting"
    PAYMENT_ROLLING_OUT = "PaymentRollingOut"
    PROFILE_UPDATING = "ProfileUpdating"
    PROFILE_REFUSED = "ProfileRefused"
    TOKEN_ROTATING = TOKEN_ROTATING
    POD_TROUBLE = "PodTrouble"
    SUSPENDED = "Suspended"
    HIBERNATING = "Hibernating"
    HIBERNATED = "Hibernated"


@dataclass(frozen=True, slots=True)
class Findings:
    """Everything that a judgement rests on.

    Attributes:
        fault: what kept this pass from its end, if anything did.
        profile_in_effect: whether every ready payment pod answers by the stack's profile.
        reading: None where Antaeus has not been read since the operator started.
        held_back: what waits for the next start of Antaeus, if anything does.
        undone: children that a suspended stack keeps from being as its spec wants them.
        refusal: of the stack's profile by a payment pod; None while none refuses it.
        runs: of billing; None where they can't be seen now.
        rotating: whether the token is being replaced.
    """

    seen: Observed
    token: Token | None
    fault: Fault | None
    profile_in_effect: bool
    reading: Reading | None
    held_back: str | None = None
    undone: frozenset[Ref] = frozenset()
    refusal: Refusal | None = None
    rotation: Rotation | None = None
    runs: Sight | None = None


@dataclass(frozen=True, slots=True)
class _Verdict:
    reason: str
    message: str
    ready: bool = False
    stalled: bool = False


def judge(stack: Stack, found: Findings, installation: Installation, *, now: datetime) -> Manifest:
    """The status of a stack. Same findings, same status: a stack at rest is never written."""
    counted = invoices(stack, found.reading, now)
    return pruned(
        {
            "observedGeneration": stack.generation,
            "operatorVersion": installation.version,
            "conditions": _conditions(stack, found, counted, now),
            "endpoints": {
                "antaeus": _url(stack, ANTAEUS, ANTAEUS_PORT),
                "ingress": stack.antaeus.ingress and stack.antaeus.ingress.url,
                "payment": _url(stack, PAYMENT, CHARGE_PORT),
            },
            "antaeus": _antaeus(stack, found, installation),
            "payment": _payment(stack, found, installation),
            "token": token_status(stack, found.token, found.rotation, now),
            "invoices": counted,
            "monitoring": _monitoring(stack, found.seen),
            "billing": _billing(stack, found, counted, now),
        }
    )


def _url(stack: Stack, part: str, port: int) -> str:
    return f"http://{service_host(stack.name, part, stack.namespace)}:{port}"


def _verdict(stack: Stack, found: Findings, counted: Manifest | None) -> _Verdict:
    if found.fault:
        stalled = isinstance(found.fault, SpecError) or found.fault.condition is not None
        return _Verdict(found.fault.reason, found.fault.message, stalled=stalled)
    if found.refusal:
        return _Verdict(Reason.PROFILE_REFUSED, str(found.refusal), stalled=True)
    of_parts = _of_part(stack, found, ANTAEUS, Reason.ANTAEUS_STARTING) or _of_part(
        stack, found, PAYMENT, Reason.PAYMENT_ROLLING_OUT
    )
    if of_parts and of_parts.stalled:
        return of_parts
    return (
        _of_suspension(stack, found)
        or _of_rotation(found)
        or of_parts
        or _of_hibernation(stack, found, counted)
        or _of_profile(found)
        or _Verdict(Reason.ALL_READY, "Antaeus and payment are ready", ready=True)
    )


def _of_part(stack: Stack, found: Findings, part: str, reason: Reason) -> _Verdict | None:
    rollout = found.seen.rollout(stack.name, part)
    if rollout is None:
        return _Verdict(Reason.CREATING, f"the deployment of {part} is not there yet")
    if rollout.complete:
        return None
    progress = f"{part}: {rollout.progress}"
    trouble = _trouble(found.seen, part, rollout)
    if trouble is None:
        return _Verdict(Reason.HIBERNATING if stack.hibernate else reason, progress)
    return _Verdict(Reason.POD_TROUBLE, f"{progress}; {trouble}", stalled=trouble.stuck)


def _trouble(seen: Observed, part: str, rollout: Rollout) -> Trouble | None:
    of_pods = [pod.trouble for pod in seen.of(part) if pod.trouble]
    stuck = (trouble for trouble in of_pods if trouble.stuck)
    return next(stuck, None) or rollout.trouble or next(iter(of_pods), None)


def _of_suspension(stack: Stack, found: Findings) -> _Verdict | None:
    if not found.undone:
        return None
    names = ", ".join(sorted(map(str, found.undone)))
    message = f"spec.suspend keeps {names} from being as the spec wants; false has that done"
    of_antaeus = deployment(part_name(stack.name, ANTAEUS))
    if found.seen.antaeus_runs and of_antaeus in found.undone:
        message += ", which may restart Antaeus, and that forgets all payments"
    return _Verdict(Reason.SUSPENDED, message, stalled=True)


def _of_hibernation(stack: Stack, found: Findings, counted: Manifest | None) -> _Verdict | None:
    if not stack.hibernate:
        return None
    if not asleep(stack, found.seen):
        return _Verdict(Reason.HIBERNATING, "the last pods are still to end")
    # It is as the spec wants it. Anything else would be in progress for ever to whoever waits.
    return _Verdict(Reason.HIBERNATED, asleep_message(counted), ready=True)


def _of_rotation(found: Findings) -> _Verdict | None:
    message = rotation_message(found.rotation)
    return _Verdict(Reason.TOKEN_ROTATING, message) if message else None


def _of_profile(found: Findings) -> _Verdict | None:
    if found.profile_in_effect:
        return None
    return _Verdict(
        Reason.PROFILE_UPDATING, "payment: not every pod answers by the new profile yet"
    )


def _conditions(
    stack: Stack, found: Findings, counted: Manifest | None, now: datetime
) -> list[Manifest]:
    verdict = _verdict(stack, found, counted)
    progress = not verdict.ready and not verdict.stalled
    rows = [
        ("Ready", verdict.ready, verdict.reason, verdict.message),
        ("Reconciling", progress, *_if(progress, verdict, "UpToDate", "nothing is under way")),
        (
            "Stalled",
            verdict.stalled,
            *_if(verdict.stalled, verdict, "NotStalled", "no one must act"),
        ),
    ]
    if found.fault and found.fault.condition:
        rows.append((found.fault.condition, True, found.fault.reason, found.fault.message))
    if stack.suspend:
        message = "spec.suspend is true: the operator changes nothing until it is false"
        rows.append((Reason.SUSPENDED, True, Reason.SUSPENDED, message))
    if asleep(stack, found.seen):
        rows.append((Reason.HIBERNATED, True, Reason.HIBERNATED, asleep_message(counted)))
    if forgotten := reset_message(stack, counted):
        rows.append((INVOICES_RESET, True, INVOICES_RESET, forgotten))
    if held := held_message(found.rotation):
        rows.append((TOKEN_ROTATION_HELD, True, TOKEN_ROTATION_HELD, held))
    before = conditions_of(stack.status)
    return [condition(row, before.get(row[0]), stack.generation, now) for row in rows]


def _if(holds: bool, verdict: _Verdict, reason: str, message: str) -> tuple[str, str]:  # noqa: FBT001 - private, reads as a sentence where it is called
    return (verdict.reason, verdict.message) if holds else (reason, message)


def _antaeus(stack: Stack, found: Findings, installation: Installation) -> Manifest:
    rollout = found.seen.rollout(stack.name, ANTAEUS)
    return {
        "image": _image(found.seen, ANTAEUS)
        or stack.antaeus.container.image
        or installation.antaeus_image,
        "replicas": stack.wanted_pods(ANTAEUS),
        "ready": rollout.ready if rollout else 0,
        "pendingUpdate": found.held_back and found.held_back[:512],
    }


def _payment(stack: Stack, found: Findings, installation: Installation) -> Manifest:
    rollout = found.seen.rollout(stack.name, PAYMENT)
    ready = rollout.ready if rollout else 0
    agreed = found.profile_in_effect and ready > 0
    wanted = rollout.wanted if rollout and stack.autoscaling else stack.wanted_pods(PAYMENT)
    return {
        "image": _image(found.seen, PAYMENT)
        or stack.payment.container.image
        or installation.payment_image,
        "replicas": rollout.existing if rollout else 0,
        "ready": ready,
        "summary": f"{ready}/{wanted}",
        "scaledBy": _scaled_by(stack),
        "selector": selector_text(stack.name, PAYMENT),
        "successRate": stack.payment.success_rate if agreed else None,
        "profile": profile.digest(stack) if agreed else None,
    }


def _scaled_by(stack: Stack) -> str | None:
    if stack.autoscaling is None:
        return None
    name = part_name(stack.name, PAYMENT)
    return f"HorizontalPodAutoscaler {name}; spec.payment.replicas is not in use"


def _image(seen: Observed, part: str) -> str | None:
    """What runs, not what is wanted: the two differ while a rollout is under way."""
    return next((pod.image for pod in seen.of(part) if pod.ready), None)


def _monitoring(stack: Stack, seen: Observed) -> str | None:
    if stack.monitoring is None:
        return None
    if POD_MONITOR.name in seen.absent:
        return f"the cluster does not know {POD_MONITOR.name} ({POD_MONITOR.api_version}) yet"
    return f"{POD_MONITOR.name} {part_name(stack.name, PAYMENT)}"


def _token(stack: Stack, found: Findings) -> Manifest | None:
    if found.token is None:
        return stack.status.get("token")
    return {
        "secretName": found.token.secret_name,
        "generated": found.token.generated,
        # With a token in place every request is settled: one from long ago must not be taken
        # for consent when the token is lost one day.
        "renewed": stack.renew_token,
    }


def _billing(stack: Stack, found: Findings, counted: Manifest | None, now: datetime) -> Manifest:
    verdict = _verdict(stack, found, counted)
    well = verdict.ready and verdict.reason == Reason.ALL_READY
    around = Circumstances(
        reading=found.reading,
        life=found.seen.antaeus_life,
        unready="" if well else f"{verdict.reason}: {verdict.message}",
        reset=bool((counted or {}).get("reset")),
        rotating=found.rotation is not None and found.rotation.under_way,
        now=now,
    )
    return billing(stack, found.runs, around)
