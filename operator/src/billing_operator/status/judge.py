"""Judges a stack: turns what was found into the status that a user reads."""

from collections.abc import Iterator
from datetime import datetime
from typing import Protocol

from billing_operator.books.ledger import Ledger, advanced
from billing_operator.desired import profile
from billing_operator.inputs import Installation
from billing_operator.invoices.reset import invoices, reset_message
from billing_operator.kinds import (
    AUTOSCALER,
    POD_MONITOR,
    Manifest,
    Ref,
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
from billing_operator.observed.stack import AntaeusInstance, Observed
from billing_operator.reasons import ConditionType, Reason
from billing_operator.runs.admission import billing
from billing_operator.spec.stack import Stack
from billing_operator.status.billing import admission_context, conditions_of_billing
from billing_operator.status.conditions import Row, condition, pruned
from billing_operator.status.hibernation import asleep, asleep_message
from billing_operator.status.readiness import Findings, Verdict, verdict
from billing_operator.tokens.status import held_message, token_status

# Kubernetes' word for pods that two autoscalers are to scale, of which then neither does.
_SEVERAL_AUTOSCALERS = "AmbiguousSelector"
# What holds while no fault says otherwise. People wait for these conditions to become false.
_WITHOUT_FAULT = {
    ConditionType.TOKEN_INVALID: "no token is known to be unusable",
    ConditionType.TOKEN_LOST: "no token is lost",
    ConditionType.NAME_CONFLICT: "nobody else's object has the name of a child",
    ConditionType.FORBIDDEN: "the API server forbade nothing when children were last compared",
}


class Judge(Protocol):
    """Turns what a pass found into the status of the stack."""

    def __call__(
        self, stack: Stack, findings: Findings, installation: Installation, *, now: datetime
    ) -> Manifest:
        """The status as it should be stored."""
        ...


def judge(
    stack: Stack, findings: Findings, installation: Installation, *, now: datetime
) -> Manifest:
    """The status of a stack. Same findings, same status: a stack at rest is never written."""
    counted = invoices(stack, findings.reading, now)
    snapshot = findings.reading.accepted if findings.reading else None
    ledger = advanced(Ledger.of_stack(stack), snapshot)
    context = admission_context(stack, findings, counted, ledger, now)
    runs = billing(stack, findings.runs, context)
    of_billing = conditions_of_billing(stack, runs, findings.runs, context, counted)
    return pruned(
        {
            "observedGeneration": stack.generation,
            "operatorVersion": installation.version,
            "conditions": _conditions(stack, findings, counted, of_billing, now),
            "endpoints": {
                "antaeus": _url(stack, ANTAEUS, ANTAEUS_PORT),
                "ingress": stack.antaeus.ingress and stack.antaeus.ingress.url,
                "payment": _url(stack, PAYMENT, CHARGE_PORT),
            },
            "antaeus": _antaeus(stack, findings, installation),
            "payment": _payment(stack, findings, installation)
            | {"accepted": ledger and ledger.as_status()},
            "token": token_status(stack, findings.token, findings.rotation, now),
            "invoices": counted,
            "monitoring": _monitoring(stack, findings.seen),
            "billing": runs,
        }
    )


def _url(stack: Stack, part: str, port: int) -> str:
    return f"http://{service_host(stack.name, part, stack.namespace)}:{port}"


def _conditions(
    stack: Stack,
    findings: Findings,
    counted: Manifest | None,
    of_billing: list[Row],
    now: datetime,
) -> list[Manifest]:
    rows = [
        *_of_progress(verdict(stack, findings, counted)),
        *_of_faults(findings),
        _of_admission(findings),
        *_of_choices(stack, findings, counted),
        *_of_losses(stack, findings, counted),
        *of_billing,
    ]
    before = conditions_of(stack.status)
    return [condition(row, before.get(row.type), stack.generation, now) for row in rows]


def _of_progress(judged: Verdict) -> Iterator[Row]:
    """The three that kstatus knows."""
    why = judged.reason, judged.message
    yield Row(ConditionType.READY, "True" if judged.ready else "False", *why)
    if judged.ready or judged.stalled:
        at_rest = Reason.UP_TO_DATE, "nothing is under way"
        yield Row(ConditionType.RECONCILING, "False", *at_rest)
    else:
        yield Row(ConditionType.RECONCILING, "True", *why)
    if judged.stalled:
        yield Row(ConditionType.STALLED, "True", *why)
    else:
        yield Row(ConditionType.STALLED, "False", Reason.NOT_STALLED, "no one must act")


def _of_faults(findings: Findings) -> Iterator[Row]:
    """Those that a fault makes true. What a pass did not come to is unknown, not well."""
    fault = findings.fault
    for kind, well in _WITHOUT_FAULT.items():
        if fault and fault.condition == kind:
            yield Row(kind, "True", fault.reason, fault.message)
        elif findings.incomplete:
            yield Row(kind, "Unknown", Reason.RECONCILE_INCOMPLETE, "Ready says what came first")
        else:
            yield Row(kind, "False", Reason.AS_EXPECTED, well)


def _of_admission(findings: Findings) -> Row:
    """Whether the cluster's own rules make something else of what is applied."""
    kind = ConditionType.CHANGED_BY_ADMISSION
    if findings.admission is None and findings.incomplete:
        return Row(kind, "Unknown", Reason.RECONCILE_INCOMPLETE, "Ready says what came first")
    if findings.admission and findings.admission.changed:
        message = (
            "a mutating admission policy or webhook of the cluster changes what the operator "
            f"applies, and the operator leaves it so: {findings.admission.changed}"
        )
        return Row(kind, "True", Reason.CHANGED_BY_ADMISSION, message)
    return Row(kind, "False", Reason.AS_EXPECTED, "children are as they were applied")


def _of_choices(stack: Stack, findings: Findings, counted: Manifest | None) -> Iterator[Row]:
    """Those that a person chose by the spec."""
    if stack.suspend:
        message = "spec.suspend is true: the operator changes nothing until it is false"
        yield Row(ConditionType.SUSPENDED, "True", Reason.SUSPENDED, message)
    else:
        yield Row(ConditionType.SUSPENDED, "False", Reason.AS_EXPECTED, "spec.suspend is false")
    if asleep(stack, findings.seen):
        message = asleep_message(stack, counted)
        yield Row(ConditionType.HIBERNATED, "True", Reason.HIBERNATED, message)
    else:
        message = "pods are still to end" if stack.hibernate else "spec.hibernate is false"
        if stack.hibernate and findings.held:
            message = findings.held
        yield Row(ConditionType.HIBERNATED, "False", Reason.AS_EXPECTED, message)


def _of_losses(stack: Stack, findings: Findings, counted: Manifest | None) -> Iterator[Row]:
    """Those for which a person must decide what becomes of payments."""
    if message := reset_message(stack, counted):
        yield Row(ConditionType.INVOICES_RESET, "True", Reason.INVOICES_RESET, message)
    elif not (stack.wanted_pods(ANTAEUS) or findings.seen.antaeus_runs):
        message = "no Antaeus is to run, so none can be told to pay"
        yield Row(ConditionType.INVOICES_RESET, "False", Reason.AS_EXPECTED, message)
    elif _is_of_now(counted, findings.seen):
        message = "no payment is known to be forgotten"
        yield Row(ConditionType.INVOICES_RESET, "False", Reason.AS_EXPECTED, message)
    else:
        # It may be another one that knows of no payment, and to pay now would charge all again.
        message = "the Antaeus of now has not told its invoices yet"
        yield Row(ConditionType.INVOICES_RESET, "Unknown", Reason.INVOICES_UNKNOWN, message)
    if held := held_message(findings.rotation):
        yield Row(ConditionType.TOKEN_ROTATION_HELD, "True", Reason.TOKEN_ROTATION_HELD, held)
    elif findings.incomplete:
        message = "Ready says what came first"
        kind = ConditionType.TOKEN_ROTATION_HELD
        yield Row(kind, "Unknown", Reason.RECONCILE_INCOMPLETE, message)
    else:
        message = "no rotation waits for a person"
        yield Row(ConditionType.TOKEN_ROTATION_HELD, "False", Reason.AS_EXPECTED, message)


def _is_of_now(counted: Manifest | None, seen: Observed) -> bool:
    """Whether the invoices that are known are those of the Antaeus that answers now."""
    known = AntaeusInstance.of(counted)
    return known is not None and known == seen.antaeus_instance


def _antaeus(stack: Stack, findings: Findings, installation: Installation) -> Manifest:
    rollout = findings.seen.rollout(stack.name, ANTAEUS)
    return {
        "image": _image(findings.seen, ANTAEUS)
        or stack.antaeus.container.image
        or installation.antaeus_image,
        "replicas": stack.wanted_pods(ANTAEUS),
        "readyReplicas": rollout.ready if rollout else 0,
        "pendingUpdate": _pending_update(findings),
    }


def _pending_update(findings: Findings) -> str | None:
    of_admission = findings.admission.pending_update if findings.admission else None
    return "; ".join(filter(None, (findings.pending_update, of_admission)))[:512] or None


def _payment(stack: Stack, findings: Findings, installation: Installation) -> Manifest:
    rollout = findings.seen.rollout(stack.name, PAYMENT)
    ready = rollout.ready if rollout else 0
    agreed = findings.profile_in_effect and ready > 0
    wanted = rollout.wanted if rollout and stack.autoscaling else stack.wanted_pods(PAYMENT)
    return {
        "image": _image(findings.seen, PAYMENT)
        or stack.payment.container.image
        or installation.payment_image,
        "replicas": rollout.existing if rollout else 0,
        "readyReplicas": ready,
        "summary": f"{ready}/{wanted}",
        "scaledBy": _scaled_by(stack, findings.seen),
        "selector": selector_text(stack.name, PAYMENT),
        "successRate": stack.payment.success_rate if agreed else None,
        "profile": profile.digest(stack) if agreed else None,
    }


def _scaled_by(stack: Stack, seen: Observed) -> str | None:
    if stack.autoscaling is None:
        return None
    autoscaler = Ref(AUTOSCALER.name, part_name(stack.name, PAYMENT))
    scaling = conditions_of(seen.children.get(autoscaler, {}).get("status")).get("ScalingActive")
    if scaling and scaling["reason"] == _SEVERAL_AUTOSCALERS:
        # Not in the words of Kubernetes, which names them in another order each time.
        return (
            "nobody: several HorizontalPodAutoscalers are to scale these pods, and stop each "
            "other; remove all but one (kubectl get hpa)"
        )
    return f"{autoscaler}; spec.payment.replicas is not in use"


def _image(seen: Observed, part: str) -> str | None:
    """What runs, not what is wanted: the two differ while a rollout is under way."""
    return next((pod.image for pod in seen.of(part) if pod.ready), None)


def _monitoring(stack: Stack, seen: Observed) -> str | None:
    if stack.monitoring is None:
        return None
    if POD_MONITOR.name in seen.absent:
        return f"the cluster does not know {POD_MONITOR.name} ({POD_MONITOR.api_version}) yet"
    return f"{POD_MONITOR.name} {part_name(stack.name, PAYMENT)}"
