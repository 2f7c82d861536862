"""What may happen to a stack, each by a name of which lists are made."""

import asyncio
from collections.abc import Callable

from billing_operator.names import (
    ACKNOWLEDGE_RESET,
    ACKNOWLEDGE_RUN,
    ANTAEUS,
    PAYMENT,
    ROTATE_TOKEN,
)
from unit.billing_operator.model.antaeus import DIRECT, now
from unit.billing_operator.model.rules import Rules
from unit.billing_operator.model.run_happenings import RunHappenings
from unit.billing_operator.model.world import World

_SLOW_GRACE = 40.0
_LATE_WATCH = 8.0
_DEAF = 20.0
_RESYNC = 400.0
_FAULTS = ("refused", "unanswered", "late", "crash before", "crash after")
_AT_CALLS = (0, 2, 5)
_AT = ("apply_status", "annotate", "resume", "delete", "replace", "list_stack", "read")
_WATCHED = ("Pod", "Job", "BillingStack", "Deployment")


class Happenings(RunHappenings):
    """Does what a name says; where there is nothing to do it to, nothing."""

    def __init__(self, world: World, rules: Rules) -> None:
        super().__init__(world, rules)
        self.acts: dict[str, Callable[[], None]] = self._acts()

    def happen(self, what: str) -> None:
        """One of them."""
        self.acts[what]()

    def _acts(self) -> dict[str, Callable[[], None]]:
        acts = {
            name.removeprefix("do_").replace("_", " "): getattr(self, name)
            for name in dir(self)
            if name.startswith("do_")
        }
        for kind in _WATCHED:
            acts[f"late watch of {kind}"] = lambda kind=kind: self._late(kind)
            acts[f"deaf watch of {kind}"] = lambda kind=kind: self._deaf(kind)
        for fault in _FAULTS:
            for number in _AT_CALLS:
                acts[f"{fault} at call {number}"] = lambda n=number, f=fault: self._fault(n, f)
            for verb in _AT:
                acts[f"{fault} at {verb}"] = lambda v=verb, f=fault: self._fault_of(v, f)
        return acts

    # Antaeus.

    def do_kill_Antaeus(self) -> None:  # noqa: N802 - its name
        for pod in self.running(ANTAEUS):
            self.world.kubelet.restart(pod)

    def do_drain_Antaeus(self) -> None:  # noqa: N802
        for pod in self.running(ANTAEUS):
            self.world.kubelet.end(pod)

    def do_drain_Antaeus_slowly(self) -> None:  # noqa: N802
        for pod in self.running(ANTAEUS):
            self.world.kubelet.end(pod, _SLOW_GRACE)

    def do_pin_service(self) -> None:
        self.world.pinned = self.world.antaeus()
        asyncio.get_running_loop().call_later(4.0, self._unpin)

    def _unpin(self) -> None:
        self.world.pinned = None

    def do_silence_Antaeus(self) -> None:  # noqa: N802
        self.world.silent = True

    def do_late_answers(self) -> None:
        self.world.late_answers = True

    def do_silence_payment(self) -> None:
        self.world.payment_silent = True

    def do_answer(self) -> None:
        self.world.silent = self.world.late_answers = self.world.payment_silent = False

    # Payment.

    def do_slow_payment(self) -> None:
        self.world.payment.slow = True

    def do_fast_payment(self) -> None:
        self.world.payment.slow = False

    def do_decline_some(self) -> None:
        self.world.payment.declined = frozenset((2, 5, 7))

    def do_decline_all(self) -> None:
        self.world.payment.declined = frozenset(range(1, 11))

    def do_decline_none(self) -> None:
        self.world.payment.declined = frozenset()

    def do_lose_reply(self) -> None:
        self.world.payment.losing = 1

    def do_lose_two_replies(self) -> None:
        self.world.payment.losing = 2

    def do_drain_payment(self) -> None:
        for pod in self.running(PAYMENT):
            self.world.kubelet.end(pod)

    def do_no_payment(self) -> None:
        self.spec(payment={"replicas": 0})

    def do_payment_again(self) -> None:
        self.spec(payment={"replicas": 1})

    # People.

    def do_pay_directly(self) -> None:
        if process := self.world.antaeus():
            process.pay(DIRECT)

    def do_acknowledge_reset(self) -> None:
        """As a person who looks at what was charged, and looks on where that goes on."""
        reset = (self.world.status.get("invoices") or {}).get("reset")
        if reset:
            self.annotate(ACKNOWLEDGE_RESET, reset["time"])
            self.rules.acknowledged()

    def do_acknowledge_run(self) -> None:
        """As a person who knows that it is over."""
        billing = self.world.billing
        record = billing.get("unresolvedRun") or billing.get("unmanagedRun")
        if record and not self.rules.batches():
            self.rules.said_over.add(record.get("podUID", ""))
            self.annotate(ACKNOWLEDGE_RUN, record.get("uid") or record["time"])

    def do_acknowledge_past(self) -> None:
        """As a person who has compared what was charged with what is paid."""
        past = self.world.billing.get("unknownPast")
        if past and not self.rules.batches():
            self.annotate(ACKNOWLEDGE_RUN, past["time"])
            self.rules.acknowledged_all()

    def do_suspend_stack(self) -> None:
        self.spec(suspend=True)

    def do_resume_stack(self) -> None:
        self.spec(suspend=False)

    def do_rotate_token(self) -> None:
        self.numbers += 1
        self.annotate(ROTATE_TOKEN, f"time {self.numbers}")

    def do_other_image(self) -> None:
        self.numbers += 1
        self.spec(antaeus={"image": f"example.test/antaeus:{self.numbers}"})

    def do_hibernate(self) -> None:
        self.spec(hibernate=True)

    def do_wake(self) -> None:
        self.spec(hibernate=False)

    def do_empty_status(self) -> None:
        self.rules.emptied = now()
        self.server.change("BillingStack", "shop", lambda body: body.update(status={}))

    # The operator, and what it sees.

    def do_crash_operator(self) -> None:
        self.world.crash()
        self.rules.disturbed(5.0)

    def do_operator_goes(self) -> None:
        self.world.away = True
        self.world.operator_goes()

    def do_operator_comes(self) -> None:
        self.world.away = False
        self.world.operator_comes()
        self.rules.disturbed(2.0)

    def do_hand_over(self) -> None:
        """What the old leader has sent by now and sends in its last moments arrives late."""
        if old := self.world.operator:
            old.client.late = 6.0
            asyncio.get_running_loop().call_later(1.0, self._replace, old)
            self.rules.disturbed(10.0)

    def _replace(self, old: object) -> None:
        if self.world.operator is old:
            self.world.operator_goes()
            self.world.operator_comes()

    def do_slow_kubelet(self) -> None:
        self.world.kubelet.slow = 4.0

    def do_fast_kubelet(self) -> None:
        self.world.kubelet.slow = 0.0

    def _late(self, kind: str) -> None:
        if operator := self.world.operator:
            operator.watches.late_until[kind] = now() + _LATE_WATCH
            self.rules.disturbed(_LATE_WATCH)

    def _deaf(self, kind: str) -> None:
        if operator := self.world.operator:
            operator.watches.deaf_until[kind] = now() + _DEAF
            self.rules.disturbed(_RESYNC)

    def _fault(self, number: int, fault: str) -> None:
        if operator := self.world.operator:
            operator.client.faults[number] = fault
            self.rules.disturbed(30.0)

    def _fault_of(self, verb: str, fault: str) -> None:
        if operator := self.world.operator:
            operator.client.faults_of[verb] = fault
            # It may be a while until there is such a request.
            self.rules.disturbed(60.0)
