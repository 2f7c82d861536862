"""A campaign: whatever happens in whatever order, every ledger has exactly what clients were told.

Charges, keys, faults, resets, reloads and kills, over real sockets, against one process that
remembers alone and against two with a store. The totals that the control API shows, in memory or in
the store, and those that `payment-service ledger` makes of the logs, are compared with the answers,
in every currency. A few runs in `make test`, many in `make test-payment`.
"""

import signal
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from billing_dev.eventually import eventually
from billing_dev.local.redis_server import RedisServer
from integration.payment_service.arena import Arena
from integration.payment_service.ledgers import charge_count, of_log, totals
from integration.payment_service.told import Expected, Fault, Spec, Told
from support.payment.control import Control
from support.payment.service import Answer, Caller, a_request, get

SEEN = 5.0
KEYS_FREE = 40.0
"""A key whose process was killed is free again after 30 s."""

values = st.sampled_from(
    ["0", "0.1", "0.10", "1e-400", "181.62", "1e308", "9" * 308, f"{'9' * 300}.{'9' * 99}"]
) | st.decimals(0, 10**9, places=3).map(lambda amount: format(amount, "f"))
currencies = st.sampled_from(["USD", "DKK", "€", "\U0001f4b8" * 64, "a b\n", '"\\']) | st.text(
    st.characters(codec="utf-8", exclude_characters="\0", exclude_categories=["Cc", "Cs"]),
    min_size=1,
    max_size=8,
)
specs = st.builds(Spec, st.sampled_from([1, 2, 2**63 - 1]), currencies, values)
processes = st.integers(0, 1)
keys = st.sampled_from(["k1", "k2", "k3"])
faults = st.builds(Fault, st.booleans(), st.none() | st.sampled_from(["Empty", "Truncated"]))


class Campaign(RuleBasedStateMachine):
    """One run; `arena` is set by the test."""

    arena: Arena
    tmp: Path

    def __init__(self) -> None:
        super().__init__()
        self.told = Told()
        self._reload(1, "Report")
        self._reset()
        self._begun = {log: log.stat().st_size for log in self.arena.logs}
        self._unlogged = 0

    @rule(process=processes, spec=specs)
    def charge(self, process: int, spec: Spec) -> None:
        self._hold(self.told.charge(spec), self._ask(process, spec))

    @rule(process=processes, spec=specs, key=keys)
    def charge_under_a_key(self, process: int, spec: Spec, key: str) -> None:
        expected = self.told.charge(spec, key)
        self._hold(expected, self._ask(process, spec, key))

    @rule(process=processes, spec=specs, key=keys)
    def charge_twice_under_a_key(self, process: int, spec: Spec, key: str) -> None:
        for _ in range(2):
            self.charge_under_a_key(process, spec, key)

    @precondition(lambda self: self.told.mode != "Replay")
    @rule(several=st.lists(specs, min_size=2, max_size=12))
    def charge_side_by_side(self, several: list[Spec]) -> None:
        expected = [self.told.charge(spec) for spec in several]
        with ThreadPoolExecutor(4) as callers:
            answers = list(callers.map(lambda n: self._ask(n, several[n]), range(len(several))))
        for wanted, answer in zip(expected, answers, strict=True):
            self._hold(wanted, answer)

    @rule(process=processes, spec=specs)
    def charge_too_deep(self, process: int, spec: Spec) -> None:
        answer = self._ask(process, spec._replace(value=f"0.{'1' * 390}e-400"))
        assert answer is not None
        assert answer.status == 400

    @rule(process=processes, fault=faults)
    def set_a_fault(self, process: int, fault: Fault) -> None:
        reply = {"connection": {"reply": fault.reply}} if fault.reply else {"status": {"code": 503}}
        document = {"charged": fault.charged, **reply}
        control = self.arena.control(self._number(process))
        assert control.put_fault("campaign", fault=document, seconds=600).status == 200
        self.told.fault = fault
        self._await_faults([document | ({} if fault.charged else {"charged": False})])

    @precondition(lambda self: self.told.fault is not None)
    @rule(process=processes)
    def drop_the_fault(self, process: int) -> None:
        control = self.arena.control(self._number(process))
        assert control.ask("DELETE", "/v1/faults/campaign").status == 200
        self.told.fault = None
        self._await_faults([])

    @rule(rate=st.integers(0, 1), mode=st.sampled_from(["Report", "Replay", "Ignore"]))
    def reload(self, rate: int, mode: str) -> None:
        self._reload(rate, mode)

    @rule()
    def reset(self) -> None:
        self._reset()

    @precondition(
        lambda self: self.arena.shared and self.arena.kills > 0 and self.told.fault is None
    )
    @precondition(lambda self: self.told.mode != "Replay")
    @rule(several=st.lists(specs, min_size=20, max_size=40))
    def kill_a_process_while_it_charges(self, several: list[Spec]) -> None:
        self.arena.kills -= 1
        victim = self.arena.processes[0]
        with ThreadPoolExecutor(8) as callers:
            answers = [
                callers.submit(self._insist, spec, f"{uuid4()}", kill=number == len(several) // 2)
                for number, spec in enumerate(several)
            ]
            replayed = [answer.result() for answer in answers]
        victim.end(within=5)
        for spec in several:
            self.told.count(spec, accepted=self.told.rate == 1)
        # Booked, and killed before the line was written: the store knows what the log does not.
        self._unlogged += sum(replayed)
        self.arena.replace(0)
        self._await_faults([])

    @invariant()
    def the_ledger_is_what_was_told(self) -> None:
        wanted = self.told.ledger.rows()
        for process in range(len(self.arena.processes)):
            assert totals(self.arena.control(process)) == wanted

    def teardown(self) -> None:
        """The logs of all processes, those of the killed too, have the same."""
        lines = [log.read_bytes()[self._begun.get(log, 0) :] for log in self.arena.logs]
        whole = self.tmp / f"{uuid4()}.log"
        whole.write_bytes(b"".join(lines))
        logged = of_log(whole)
        told = self.told.log.rows()
        if self._unlogged:
            assert 0 <= charge_count(told) - charge_count(logged) <= self._unlogged
        else:
            assert logged == told

    def _number(self, process: int) -> int:
        return process % len(self.arena.processes)

    def _ask(self, process: int, spec: Spec, key: str | None = None) -> Answer | None:
        """Asks a process; None where no whole answer came."""
        headers = "" if key is None else f"Idempotency-Key: {key}\r\n"
        with Caller(self.arena.processes[self._number(process)].port) as caller:
            try:
                return caller.ask(a_request(spec.body, headers=headers))
            except (AssertionError, OSError):
                return None

    def _insist(self, spec: Spec, key: str, *, kill: bool) -> bool:
        """Charges under a key until it is told; whether that was by a repeated answer."""
        first = self.arena.processes[0]
        try:
            with Caller(first.port) as caller:
                caller.send(a_request(spec.body, headers=f"Idempotency-Key: {key}\r\n"))
                if kill:
                    first.signal(signal.SIGKILL)
                answer: Answer | None = caller.answer()
        except (AssertionError, OSError):
            answer = eventually(
                lambda: self._ask(1, spec, key),
                lambda answer: answer is not None and answer.status == 200,
                within=KEYS_FREE,
            )
        self._hold(Expected(200, "true" if self.told.rate else "false"), answer)
        return answer is not None and "idempotent-replayed" in answer.headers

    def _hold(self, expected: Expected, answer: Answer | None) -> None:
        """Compares an answer with what it had to be."""
        if expected.status is None:
            assert answer is None
            return
        assert answer is not None
        assert (answer.status, answer.json["result"]) == (expected.status, expected.result)
        if expected.replayed:
            assert answer.headers["idempotent-replayed"] == "true"

    def _reload(self, rate: int, mode: str) -> None:
        wanted = self.arena.write_profile(rate, mode)
        self.told.rate, self.told.mode = rate, mode
        for process in self.arena.processes:
            eventually(
                partial(hash_in_effect, process.ops_port),
                lambda found: found == wanted,
                within=SEEN,
                every=0.02,
            )

    def _reset(self) -> None:
        assert self.arena.control().ask("POST", "/v1/reset").status == 200
        self.told.reset()
        self._await_faults([])

    def _await_faults(self, wanted: list[dict[str, Any]]) -> None:
        """Waits until every process decides by these faults."""
        for number in range(len(self.arena.processes)):
            control = self.arena.control(number)
            eventually(
                partial(faults_in_effect, control),
                lambda found: found == wanted,
                within=SEEN,
                every=0.02,
            )


def hash_in_effect(port: int) -> object:
    """By the profile of which file a process decides."""
    return get(port, "/profile").json["hash"]


def faults_in_effect(control: Control) -> list[dict[str, Any]]:
    """What goes wrong in a process at present."""
    faults = control.get("/v1/profile")["faults"]
    return [{"charged": False} | fault["entry"]["fault"] for fault in faults]


@pytest.fixture(params=["in memory", "in a store"])
def arena(
    request: pytest.FixtureRequest, tmp_path: Path, store: RedisServer, *, thorough: bool
) -> Iterator[Arena]:
    shared = request.param == "in a store"
    made = Arena(tmp_path, 2 if shared else 1, store if shared else None, 3 if thorough else 0)
    try:
        yield made
    finally:
        made.close()


@pytest.mark.timeout(1800)
def test_every_ledger_has_what_clients_were_told(
    arena: Arena, tmp_path: Path, *, thorough: bool
) -> None:
    class OwnCampaign(Campaign):
        pass

    OwnCampaign.arena, OwnCampaign.tmp = arena, tmp_path
    run_state_machine_as_test(
        OwnCampaign,
        settings=settings(
            max_examples=60 if thorough else 5,
            stateful_step_count=40 if thorough else 20,
            deadline=None,
            database=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
