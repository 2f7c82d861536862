"""What must hold whatever happens.

Each rule is judged by what invoices were really charged and what batches really go on, of which
the operator sees a part, late.
"""

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime

from billing_operator.kinds import Manifest
from billing_operator.names import PAYMENT
from billing_operator.runs.jobs import report_in
from billing_operator.runs.report import Outcome
from unit.billing_operator.model.antaeus import DIRECT, AntaeusProcess, Batch, moment, now
from unit.billing_operator.model.leave_rules import LeaveRules
from unit.billing_operator.model.truth import Violation

NAMED_WITHIN = 15.0
# A direct call can't be known before it shows in a reading, and that in a judgement.
KNOWN_WITHIN = 15.0
SWAP_KNOWN_WITHIN = 30.0


@dataclass(eq=False)
class Rules(LeaveRules):
    """Judges what it sees.

    Attributes:
        calm_from: since when nothing keeps the operator from seeing and writing.
        gaps: how often something was passed over that no reading could tell, by its name.
        told_of: names and uids of Jobs of which the status has ever told.
        made: uids of the Jobs that are runs, by name.
        deleted: those that a person removed.
        said_over: pods of which a person said that their batch is over.
        emptied: when somebody last emptied the status.
    """

    calm_from: float = 0.0
    gaps: "Counter[str]" = field(default_factory=Counter)
    told_of: set[str] = field(default_factory=set)
    made: dict[str, str] = field(default_factory=dict)
    deleted: set[str] = field(default_factory=set)
    said_over: set[str] = field(default_factory=set)
    emptied: float = -1e9
    runs_paid: int = 0
    _status: Manifest = field(default_factory=dict)
    _template: Manifest = field(default_factory=dict)
    _before_this_one: list[AntaeusProcess] = field(default_factory=list)

    def attach(self) -> None:
        """Begins to look."""
        self._status = self.world.status
        live = self.world.server.must_get("Deployment", "shop-antaeus")
        self._template = live["spec"]["template"]
        self.world.called = self._on_call
        self.world.server.listeners.append(self._on_change)

    def disturbed(self, seconds: float = 0.0) -> None:
        """Takes in that the operator can't see or write all, for so long."""
        self.calm_from = max(self.calm_from, now() + seconds)

    def check(self) -> None:
        """What must hold at any moment."""
        world = self.world
        dull = world.silent or world.late_answers or world.payment_silent or world.kubelet.slow
        if world.operator is None or dull or world.pinned:
            self.disturbed()
        if self.found:
            raise Violation(self.found[0])
        self._ended_is_told()
        self._allowed()
        process = world.antaeus()
        if process and process.first_told is not None:
            self._named(process)

    def lost_silently(self) -> list[str]:
        """Runs of which the status never told."""
        return [
            name
            for name, uid in self.made.items()
            if not {name, uid} & self.told_of
            and name not in self.deleted
            # One that nobody allowed to pay ends by itself, and nothing is told of it.
            and name not in self.by_hand
        ]

    def acknowledged(self) -> None:
        """Takes in that a person has dealt with all that a reset told of."""
        for process in self._before_this_one:
            process.acknowledged = True

    def acknowledged_all(self) -> None:
        """Takes in that a person has dealt with all that was ever charged."""
        for process in self.world.processes:
            process.acknowledged = process is not self.world.antaeus()

    def _on_call(self, process: AntaeusProcess, uid: str) -> None:
        self.runs_paid += 1
        for batch in self.batches():
            if batch.by != DIRECT:
                self.violated("two batches: a run pays while the batch of a run goes on")
            elif self.shows(batch, KNOWN_WITHIN):
                self.violated("two batches: a run pays while a direct call that was read goes on")
            elif self._was_counted(batch, uid):
                self.violated("two batches: a run pays though the invoices told of a direct call")
            else:
                self.gaps["a direct call just begun, or all declined, beside a run"] += 1
        for charge in self.lost(process):
            self.violated(f"a run pays invoice {charge.invoice} again, which was forgotten")

    def _was_counted(self, batch: Batch, uid: str) -> bool:
        """Whether the count with which a pod had leave has what a direct batch paid by then."""
        first_told = batch.process.first_told
        if uid not in self.allowed or first_told is None or first_told > batch.began:
            return False
        at, counted = self.allowed[uid]
        return counted > batch.paid_before and batch.began < at

    def _on_change(self, live: Manifest, deleted: bool) -> None:  # noqa: FBT001 - as a Listener
        if deleted:
            return
        if live["kind"] == "Job":
            self.on_job(live)
        if live["kind"] == "BillingStack":
            before, self._status = self._status, live.get("status") or {}
            if before != self._status:
                self._on_status(before, self._status)
        if live["kind"] == "Pod":
            self.on_pod(live)
        if live["kind"] == "Deployment" and live["metadata"]["name"] == "shop-antaeus":
            before, self._template = self._template, live["spec"]["template"]
            if before != self._template:
                self._on_restart()

    def _on_over(self, was: Manifest, billing: Manifest) -> None:
        """What is not told any more to go on."""
        before = [was.get(name) or {} for name in ("running", "unresolvedRun")]
        after = [billing.get(name) or {} for name in ("running", "unresolvedRun")]
        named = {record.get("podUID") for record in after}
        for uid in {record.get("podUID") for record in before} - named - self.said_over:
            if self.goes_on(uid):
                self.violated("a batch is told to be over that goes on")

    def _on_restart(self) -> None:
        for batch in self.batches():
            # What it charges in ends already, whatever the template is.
            if self._ends(batch.process):
                continue
            if batch.by != DIRECT:
                self.violated("the operator restarts Antaeus in the batch of a run")
            elif self.shows(batch, SWAP_KNOWN_WITHIN):
                self.violated("the operator restarts Antaeus in a direct batch")

    def _on_status(self, before: Manifest, after: Manifest) -> None:
        if not after:
            # Somebody has emptied it.
            return
        billing, was = after.get("billing") or {}, before.get("billing") or {}
        for name in ("running", "lastRun", "lastSkipped", "unresolvedRun"):
            self.told_of.add((billing.get(name) or {}).get("uid", ""))
        self.told_of.add((billing.get("waiting") or {}).get("job", ""))
        self._on_over(was, billing)
        self.on_decision(billing.get("running") or {})
        reset = (after.get("invoices") or {}).get("reset")
        if reset and reset != (before.get("invoices") or {}).get("reset"):
            self._on_reset(before, after, reset)
        if billing.get("unmanagedRun") and not was.get("unmanagedRun"):
            self._on_unmanaged()
        if (unresolved := billing.get("unresolvedRun")) and not was.get("unresolvedRun"):
            self._on_unresolved(unresolved)

    def _on_reset(self, before: Manifest, after: Manifest, reset: Manifest) -> None:
        was = before.get("billing") or {}
        of = after["invoices"].get("antaeusInstance") or {}
        here = self.world.antaeus()
        named = [
            one
            for one in self.world.processes
            if (one.pod, one.restarts) == (of.get("podUID"), of.get("restartCount"))
        ]
        processes = self.world.processes
        current = [processes.index(one) for one in (*named, here) if one]
        self._before_this_one = processes[: current[0] if current else len(processes)]
        may_have_charged = (was.get("running") or {}).get("leaveTime")
        unknown = may_have_charged or was.get("unresolvedRun") or was.get("unmanagedRun")
        # What was charged and never noted is charged again by any Antaeus.
        present = filter(None, (here, *named))
        forgotten = [one for process in present for one in self.lost(process, noted=False)]
        uncertain = reset.get("uncertain") and self._payment_ended(before)
        if not forgotten and not unknown and not uncertain:
            self.violated(f"a reset is told where nothing was lost: {reset}")

    def _payment_ended(self, before: Manifest) -> bool:
        """Whether a payment process has gone that was known, perhaps with charges nobody saw."""
        accepted = (before.get("payment") or {}).get("accepted")
        if not accepted:
            return True
        alive = {(pod.uid, pod.restarts) for pod in self.world.kubelet.of(PAYMENT) if pod.process}
        known = (each for each in accepted["processes"] if not each["ended"])
        return any((each["podUID"], each["restartCount"]) not in alive for each in known)

    def _ends(self, process: AntaeusProcess) -> bool:
        running = self.world.kubelet.pods.get(process.pod)
        return running is None or running.ending

    def _on_unmanaged(self) -> None:
        batches = (batch for process in self.world.processes for batch in process.batches)
        if any(batch.by == DIRECT or batch.by in self.said_over for batch in batches):
            return
        self.violated("a direct call is told where there was none")

    def _on_unresolved(self, record: Manifest) -> None:
        run = next((one for one in self.world.runs if one.uid == record.get("podUID")), None)
        pods = (pod for pod in self.world.server.all_of("Pod") if _uid(pod) == record["podUID"])
        there = any(report_in(pod) for pod in pods)
        # Its words are there, and say what came of it.
        if run and there and run.outcome == Outcome.NOT_SENT and not run.asked_to_end:
            self.violated("a run is told to be unresolved that has said that it sent nothing")

    def _allowed(self) -> None:
        """Whoever waits for BillingAllowed and calls pay charges nobody twice."""
        if self.world.condition("BillingAllowed") != "True":
            return
        calm = now() > self.calm_from + NAMED_WITHIN
        for batch in self.batches():
            if batch.by != DIRECT or (calm and self.shows(batch, KNOWN_WITHIN)):
                raise Violation(f"BillingAllowed is True in a batch (at {now():.1f} s)")
        process = self.world.antaeus()
        if process and calm:
            known = [one for one in self.lost(process) if now() > one.time + NAMED_WITHIN]
            if known:
                raise Violation(f"BillingAllowed is True after a reset (at {now():.1f} s)")

    def _ended_is_told(self) -> None:
        """A run that has ended is told to have, however it did."""
        pod = (self.world.billing.get("running") or {}).get("podUID")
        ends = [run.ended for run in self.world.runs if run.uid == pod and run.ended]
        if ends and now() > max(self.calm_from, ends[0]) + NAMED_WITHIN:
            raise Violation(f"a run is told to be under way that has ended (at {now():.1f} s)")

    def _named(self, process: AntaeusProcess) -> None:
        lost = self.lost(process)
        since = max(self.calm_from, process.first_told or 0.0, self.emptied)
        late = [charge for charge in lost if now() >= max(since, charge.time) + NAMED_WITHIN]
        # Of what was before, the status says that nobody knows.
        past = self.world.billing.get("unknownPast")
        known_from = datetime.fromisoformat(past["time"]) if past else moment(0.0)
        late = [charge for charge in late if moment(charge.batch.began) > known_from]
        if not late:
            return
        reset = (self.world.status.get("invoices") or {}).get("reset")
        if not reset:
            raise Violation(f"{len(late)} forgotten charges are not told (at {now():.1f} s)")
        told = {one.invoice for one in late if one.invoice in one.batch.process.told}
        if "ids" in reset and not told <= ids_of(reset["ids"]):
            raise Violation(f"forgotten: {sorted(told)}, told: {reset['ids']} (at {now():.1f} s)")
        if "ids" not in reset and reset["paid"] < len(told):
            raise Violation(f"forgotten: {sorted(told)}, told: {reset['paid']} (at {now():.1f} s)")


def ids_of(text: str) -> set[int]:
    """Ids that are written as ranges."""
    found: set[int] = set()
    for part in filter(None, text.split(",")):
        first, _, last = part.partition("-")
        found |= set(range(int(first), int(last or first) + 1))
    return found


def _uid(live: Manifest) -> str:
    return str(live["metadata"]["uid"])
