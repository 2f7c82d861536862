"""Decides by which pod template Antaeus runs: why an upgrade of the operator does not restart it.

This is the most important rule of the operator. Antaeus makes its database anew whenever it starts.
A restart therefore forgets every payment, and the next pay call charges every customer again. No
newer operator and no other default image is worth that.

So a running Antaeus keeps the template that it was started with. The Deployment's annotations hold
that template and its origin, the digest of all that the user chose about the pod. The template is
made anew where the user has chosen otherwise, where no Antaeus runs, where nobody can read by what
it runs, and where it keeps its invoices on a volume and so has nothing to forget. What is only
written otherwise, as 1024Mi for 1Gi, is no other choice. Any other change waits for a start that
has another cause, and the status tells it.
"""

import json
from dataclasses import dataclass

from billing_operator.desired import antaeus
from billing_operator.inputs import Installation, Token
from billing_operator.kinds import Manifest, deployment
from billing_operator.names import ANTAEUS, APPLIED_TEMPLATE, TEMPLATE_ORIGIN, part_name
from billing_operator.observed.stack import Observed
from billing_operator.spec.spelling import in_one_spelling
from billing_operator.spec.stack import Stack


@dataclass(frozen=True, slots=True)
class AntaeusTemplate:
    """The pod template of Antaeus.

    Attributes:
        template: what Antaeus is to run by.
        pending_update: what a newer operator would change in a running Antaeus, if anything.
    """

    template: Manifest
    pending_update: str | None = None


def template_to_run(
    stack: Stack, seen: Observed, token: Token, installation: Installation
) -> AntaeusTemplate:
    """The template that Antaeus runs by, unless it may start by another one without any harm."""
    fresh = antaeus.template(stack, token, installation)
    running = None if stack.antaeus.persistence else _running(stack, seen)
    if running is None or _origin(running) != antaeus.template_origin(stack, token):
        return AntaeusTemplate(fresh)
    return AntaeusTemplate(running, _pending_update(fresh, running))


def _running(stack: Stack, seen: Observed) -> Manifest | None:
    """The template by which Antaeus runs; None where none runs or nobody can read the template."""
    live = seen.children.get(deployment(part_name(stack.name, ANTAEUS)))
    if live is None or not seen.antaeus_runs:
        return None
    applied = (live["metadata"].get("annotations") or {}).get(APPLIED_TEMPLATE)
    try:
        running: Manifest = json.loads(applied or "null")
        _origin(running)
    except (ValueError, KeyError, TypeError):
        return None
    return running


def _origin(template: Manifest) -> str:
    return str(template["metadata"]["annotations"][TEMPLATE_ORIGIN])


def _pending_update(fresh: Manifest, running: Manifest) -> str | None:
    if in_one_spelling(fresh) == in_one_spelling(running):
        return None
    image = str(fresh["spec"]["containers"][0]["image"])
    if image != running["spec"]["containers"][0]["image"]:
        return f"image {image}"
    return "a newer pod template of the operator"
