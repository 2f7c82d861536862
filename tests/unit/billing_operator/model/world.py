"""A cluster with one stack, its two services, runs, and an operator, in time that is simulated."""

import asyncio
import json
import random
from collections.abc import Callable
from decimal import Decimal

from billing_operator.apps.answers import Accepted, Calls, Counts, ProfileAnswer, Totals, count
from billing_operator.apps.sums import Sum, Sums, as_status
from billing_operator.desired import profile
from billing_operator.errors import Waiting
from billing_operator.kinds import Key, Manifest
from billing_operator.names import ANTAEUS, BILLING, PAYMENT
from billing_operator.observed.stack import Pod
from billing_operator.reasons import Reason
from billing_operator.spec.stack import Stack
from billing_operator.tokens.secret import TokenSecret
from support.operator.builders import a_body
from unit.billing_operator.model.antaeus import (
    PAID_AT_START,
    AntaeusProcess,
    Payment,
    PaymentPod,
    now,
    price,
)
from unit.billing_operator.model.controllers import Controllers
from unit.billing_operator.model.kubelet import Container, Kubelet, Running
from unit.billing_operator.model.operator_process import OperatorProcess
from unit.billing_operator.model.run_process import RunProcess
from unit.billing_operator.model.server import Server

UPSTREAM, NONE_PAID, PERSISTENT = "upstream", "none paid", "persistent"
KINDS_OF_ANTAEUS = (UPSTREAM, NONE_PAID, PERSISTENT)
SHOP = Key("payments", "shop")
_ANSWER_SECONDS = 0.02
_LATE_ANSWER_SECONDS = 6.0
_SUCCESSOR_SECONDS = 2.0


class PaymentContainer:
    """The process in a payment pod."""

    def __init__(self, uid: str) -> None:
        self.pod = PaymentPod(uid)

    def kill(self) -> None:
        self.pod.alive = False
        self.pod.ends.set()

    @property
    def left(self) -> str:
        """Its termination message."""
        return json.dumps({"currencies": as_status(self.sums)})

    @property
    def sums(self) -> Sums:
        """What it has accepted."""
        amount = Decimal(sum(map(price, self.pod.accepted)))
        return {"USD": Sum(len(self.pod.accepted), amount)} if self.pod.accepted else {}


class World:
    """All that there is besides what the rules look at.

    Attributes:
        away: whether no operator comes by itself.
        silent, late_answers: while Antaeus does not answer the operator, or late.
        payment_silent: while payment does not tell its calls.
        pinned: to what the Service of Antaeus leads, while it lags behind.
        calls_told: when payment last told the operator its calls.
        called: told of each pay call of a run before it begins.
    """

    def __init__(self, kind: str) -> None:
        self.kind = kind
        random.seed(0)
        self.server = Server()
        self.payment = Payment(self._payment_pods)
        self.kubelet = Kubelet(self.server, self._start)
        self.controllers = Controllers(self.server, self.kubelet)
        self.server.listeners += [self.kubelet.on_change, self.controllers.on_change]
        self.disk: set[int] = set(PAID_AT_START)
        self.processes: list[AntaeusProcess] = []
        self.runs: list[RunProcess] = []
        self.silent = self.late_answers = self.payment_silent = False
        self.pinned: AntaeusProcess | None = None
        self.operator: OperatorProcess | None = None
        self.away = False
        self.former: list[OperatorProcess] = []
        self._ends: set[asyncio.Task[None]] = set()
        self.calls_told = 0.0
        self.called: Callable[[AntaeusProcess, str], None] = lambda _process, _uid: None

    async def begin(self) -> None:
        """Brings the stack up to rest."""
        self.server.have(a_body(networkPolicy={"enabled": False}))
        self.operator_comes()
        for _ in range(30):
            await asyncio.sleep(1.0)
            if self.condition("Ready") == "True" and self.status.get("invoices"):
                return
        raise AssertionError(f"never ready: {self.status.get('conditions')}")

    async def close(self) -> None:
        """Ends everything."""
        self.operator_goes()
        for process in self.processes:
            process.kill()
        for run in self.runs:
            run.kill()
        for run in self.runs:
            await run.gone()
        await asyncio.gather(*self._ends)

    @property
    def status(self) -> Manifest:
        """Of the stack."""
        found: Manifest = self.server.objects["BillingStack", SHOP].get("status", {})
        return found

    @property
    def billing(self) -> Manifest:
        found: Manifest = self.status.get("billing") or {}
        return found

    def condition(self, kind: str) -> str | None:
        found = (one["status"] for one in self.status.get("conditions", ()) if one["type"] == kind)
        return next(found, None)

    def operator_comes(self) -> None:
        if self.operator is None:
            self.operator = OperatorProcess(self.server, self, self.crash)
            self.operator.start()

    def operator_goes(self) -> None:
        """What it has sent may still arrive."""
        if operator := self.operator:
            self.operator = None
            self.former.append(operator)
            task = asyncio.get_running_loop().create_task(operator.end())
            self._ends.add(task)

    def crash(self) -> None:
        """It ends, and another comes."""
        if self.operator:
            self.operator_goes()
            asyncio.get_running_loop().call_later(_SUCCESSOR_SECONDS, self._succeed)

    def _succeed(self) -> None:
        if not self.away:
            self.operator_comes()

    # What Antaeus' Service leads to.

    def antaeus(self) -> AntaeusProcess | None:
        """The one that a new connection reaches."""
        if self.pinned and self.pinned.alive:
            return self.pinned
        pods = [pod for pod in self.kubelet.of(ANTAEUS) if pod.ready and pod.process]
        # Where none but ending ones are left, it leads to these.
        for pod in [*(p for p in pods if not p.ending), *pods]:
            assert isinstance(pod.process, AntaeusProcess)
            return pod.process
        return None

    def _payment_pods(self) -> list[PaymentPod]:
        pods = [pod for pod in self.kubelet.of(PAYMENT) if pod.ready and not pod.ending]
        return [pod.process.pod for pod in pods if isinstance(pod.process, PaymentContainer)]

    def _start(self, pod: Running) -> Container:
        if pod.part == BILLING:
            run = RunProcess(pod.uid, self, self.kubelet.run_ended)
            self.runs.append(run)
            run.start()
            return run
        if pod.part == PAYMENT:
            return PaymentContainer(pod.uid)
        paid = self.disk if self.kind == PERSISTENT else set()
        if self.kind == UPSTREAM:
            paid = set(PAID_AT_START)
        process = AntaeusProcess(self.payment, paid, pod.uid, pod.restarts)
        self.processes.append(process)
        return process

    # What the operator asks the services.

    async def invoices(self, stack: Stack) -> Counts:
        del stack
        operator = self.operator
        await asyncio.sleep(_ANSWER_SECONDS)
        process = self.antaeus()
        if process is None or self.silent:
            raise Waiting(Reason.NO_ANSWER, "no invoices", seconds=5.0)
        paid, counts = set(process.paid), count(process.invoices())
        await asyncio.sleep(_LATE_ANSWER_SECONDS if self.late_answers else _ANSWER_SECONDS)
        if operator is self.operator:
            process.first_told = process.first_told or now()
            process.last_told = now()
            for each in paid:
                process.told.setdefault(each, now())
        return counts

    async def profile(self, stack: Stack, pod: Pod) -> ProfileAnswer:
        await asyncio.sleep(_ANSWER_SECONDS)
        container = self._payment(pod)
        own = TokenSecret.of(self.server.must_get("Secret", "shop-token"))
        ids = [own.current.id, *([own.other.id] if own.other else [])]
        assert container.pod.alive
        return ProfileAnswer(profile.digest(stack), accepted=Accepted(frozenset(ids)))

    async def calls(self, stack: Stack, pod: Pod) -> Calls:
        del stack
        operator = self.operator
        await asyncio.sleep(_ANSWER_SECONDS)
        if self.payment_silent:
            raise Waiting(Reason.NO_ANSWER, "no calls", seconds=5.0)
        container = self._payment(pod)
        if operator is self.operator:
            self.calls_told = now()
        return Calls(container.pod.taken, container.pod.held)

    async def totals(self, stack: Stack, pod: Pod) -> Totals:
        del stack
        await asyncio.sleep(_ANSWER_SECONDS)
        if self.payment_silent:
            raise Waiting(Reason.NO_ANSWER, "no totals", seconds=5.0)
        return Totals(self._payment(pod).sums)

    def _payment(self, pod: Pod) -> PaymentContainer:
        running = self.kubelet.pods.get(pod.uid)
        if running is None or not isinstance(running.process, PaymentContainer):
            raise Waiting(Reason.NO_ANSWER, "it has gone", seconds=5.0)
        return running.process
