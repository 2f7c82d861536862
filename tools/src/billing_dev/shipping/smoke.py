"""Has one stack bill what is pending, and shows what came of it."""

from collections.abc import Callable, Mapping
from contextlib import suppress
from http.client import HTTPException
from urllib.request import ProxyHandler, build_opener

from billing_dev.clients.antaeus_api import AntaeusApi, AntaeusError
from billing_dev.clients.kube import Kubectl, Manifest
from billing_dev.cluster.errors import ClusterError, give_up
from billing_dev.cluster.progress import say, step
from billing_dev.demo.readings import Reading, read_charges
from billing_dev.demo.report import Report
from billing_dev.demo.standing import standing
from billing_dev.eventually import eventually
from billing_dev.printable import printable, printable_line
from billing_dev.shipping.context import current_context
from billing_dev.shipping.port_forward import forwarded
from billing_dev.shipping.stacks import chosen, place
from billing_operator.kinds import conditions_of
from billing_operator.names import (
    ANTAEUS,
    ANTAEUS_PORT,
    OPS_PORT,
    PAYMENT,
    part_name,
    selector_text,
)
from billing_operator.reasons import ConditionType

_METRICS_SECONDS = 10.0
# The operator reads the invoices every 10 s or so.
_KNOWN_SECONDS = 60.0
# It is this very machine, where no proxy leads.
_DIRECTLY = build_opener(ProxyHandler({}))


def smoke(environment: Mapping[str, str]) -> bool:
    """Tells whether the stack billed as its success rate makes believe."""
    context = current_context(environment)
    stack = _once_invoices_are_known(lambda: chosen(environment, context))
    rate = billable_rate(stack)
    kube, meta = context.kube, stack["metadata"]
    service = f"service/{part_name(meta['name'], ANTAEUS)}"
    with forwarded(kube, meta["namespace"], service, ANTAEUS_PORT) as url:
        antaeus = AntaeusApi(url)
        if not antaeus.health():
            give_up(f"Antaeus of stack {place(stack)} does not answer to GET /rest/health.")
        before = _read(kube, stack, antaeus)
        say(f"    Antaeus is healthy and has {before.invoices.total} invoices")
        broke_off = _pay(stack, antaeus, before.invoices.pending)
        report = Report(before, _read(kube, stack, antaeus), rate)
    title = f"Stack {place(stack)}, billed through context {context.name}"
    print(printable(f"\n{title}\n\n{report}\n"))
    if broke_off:
        say(f"error: {broke_off}")
    return report.good and not broke_off


def _once_invoices_are_known(read: Callable[[], Manifest]) -> Manifest:
    """A stack that has only just become ready is read again until its Antaeus was read, too."""

    def known(stack: Manifest) -> bool:
        return not standing(stack).ready or _allowed(stack).get("status") != "Unknown"

    with suppress(AssertionError):
        return eventually(read, known, within=_KNOWN_SECONDS, every=1.0)
    return read()


def _allowed(stack: Manifest) -> Manifest:
    return conditions_of(stack["status"]).get(ConditionType.BILLING_ALLOWED, {})


def billable_rate(stack: Manifest) -> float:
    """The success rate in effect, for a stack that may be told to pay."""
    name, now = place(stack), standing(stack)
    if not now.ready:
        give_up(f"Stack {name} is not Ready: {now.words}")
    allowed = _allowed(stack)
    if allowed.get("status") != "True":
        why = allowed.get("message", "the operator does not say")
        give_up(f"A pay call to stack {name} may charge somebody twice: {why}")
    rate = stack["status"]["payment"].get("successRate")
    if rate is None or not stack["status"]["antaeus"]["readyReplicas"]:
        give_up(f"Stack {name} has no pod of Antaeus or of payment, so nothing can be paid.")
    return float(rate)


def _pay(stack: Manifest, antaeus: AntaeusApi, pending: int) -> str | None:
    """Has the pending invoices charged; returns what went wrong with the call, if anything."""
    say(
        f"==> a real pay call follows: it charges every pending invoice of stack {place(stack)}, "
        f"{pending} at the moment"
    )
    try:
        with step("POST /rest/v1/invoices/pay", usually="a few ms for each invoice"):
            antaeus.pay()
    except (AntaeusError, HTTPException, OSError) as wrong:
        why = printable_line(str(wrong))
        return f"the pay call broke off ({why}); the table tells what was paid all the same"
    return None


def _read(kube: Kubectl, stack: Manifest, antaeus: AntaeusApi) -> Reading:
    name, namespace = stack["metadata"]["name"], stack["metadata"]["namespace"]
    pods = [
        pod["metadata"]["name"]
        for pod in kube.list("pods", namespace, selector_text(name, PAYMENT))
    ]
    charges = {}
    for pod in pods:
        # One that has just gone must not hide what was paid: the report tells of it.
        with suppress(ClusterError, HTTPException, OSError):
            charges[pod] = read_charges(_metrics(kube, namespace, pod))
    return Reading(invoices=antaeus.counts(), charges=charges)


def _metrics(kube: Kubectl, namespace: str, pod: str) -> str:
    # The stack's policies keep the API server's own proxy away from this port.
    with (
        forwarded(kube, namespace, f"pod/{pod}", OPS_PORT) as url,
        _DIRECTLY.open(f"{url}/metrics", timeout=_METRICS_SECONDS) as answer,
    ):
        return str(answer.read().decode())
