"""Judges a stack: turns what was found into the status that a user reads."""

from datetime import datetime

from billing_operator.desired import profile
from billing_operator.inputs import Installation
from billing_operator.invoices.reset import invoices, reset_message
from billing_operator.kinds import (
    POD_MONITOR,
    Manifest,
    conditions_of,
)
from billing_operator.names import (
    ANTAEUS,
    ANTAEUS_PORT,
    CHARGE_PORT,
    PAYMENT,
    part_name,
    selector_text,
    service_host,
)
from billing_operator.observed.stack import Observed
from billing_operator.reasons import ConditionType, Reason
from billing_operator.runs.admission import billing
from billing_operator.runs.records import AdmissionContext
from billing_operator.spec.stack import Stack
from billing_operator.status.conditions import condition, pruned
from billing_operator.status.hibernation import asleep, asleep_message
from billing_operator.status.readiness import Findings, Verdict, verdict
from billing_operator.tokens.status import held_message, token_status


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


def _conditions(
    stack: Stack, found: Findings, counted: Manifest | None, now: datetime
) -> list[Manifest]:
    judged = verdict(stack, found, counted)
    progress = not judged.ready and not judged.stalled
    rows = [
        (ConditionType.READY, judged.ready, judged.reason, judged.message),
        (
            ConditionType.RECONCILING,
            progress,
            *_if(progress, judged, Reason.UP_TO_DATE, "nothing is under way"),
        ),
        (
            ConditionType.STALLED,
            judged.stalled,
            *_if(judged.stalled, judged, Reason.NOT_STALLED, "no one must act"),
        ),
    ]
    if found.fault and found.fault.condition:
        rows.append((found.fault.condition, True, found.fault.reason, found.fault.message))
    if stack.suspend:
        message = "spec.suspend is true: the operator changes nothing until it is false"
        rows.append((ConditionType.SUSPENDED, True, Reason.SUSPENDED, message))
    if asleep(stack, found.seen):
        rows.append((ConditionType.HIBERNATED, True, Reason.HIBERNATED, asleep_message(counted)))
    if forgotten := reset_message(stack, counted):
        rows.append((ConditionType.INVOICES_RESET, True, Reason.INVOICES_RESET, forgotten))
    if held := held_message(found.rotation):
        rows.append((ConditionType.TOKEN_ROTATION_HELD, True, Reason.TOKEN_ROTATION_HELD, held))
    before = conditions_of(stack.status)
    return [condition(row, before.get(row[0]), stack.generation, now) for row in rows]


def _if(holds: bool, verdict: Verdict, reason: Reason, message: str) -> tuple[Reason, str]:  # noqa: FBT001 - private, reads as a sentence where it is called
    return (verdict.reason, verdict.message) if holds else (reason, message)


def _antaeus(stack: Stack, found: Findings, installation: Installation) -> Manifest:
    rollout = found.seen.rollout(stack.name, ANTAEUS)
    return {
        "image": _image(found.seen, ANTAEUS)
        or stack.antaeus.container.image
        or installation.antaeus_image,
        "replicas": stack.wanted_pods(ANTAEUS),
        "readyReplicas": rollout.ready if rollout else 0,
        "pendingUpdate": found.pending_update and found.pending_update[:512],
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
        "readyReplicas": ready,
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


def _billing(stack: Stack, found: Findings, counted: Manifest | None, now: datetime) -> Manifest:
    judged = verdict(stack, found, counted)
    well = judged.ready and judged.reason == Reason.ALL_READY
    context = AdmissionContext(
        reading=found.reading,
        instance=found.seen.antaeus_instance,
        unready="" if well else f"{judged.reason}: {judged.message}",
        reset=bool((counted or {}).get("reset")),
        rotating=found.rotation is not None and found.rotation.under_way,
        now=now,
    )
    return billing(stack, found.runs, context)
