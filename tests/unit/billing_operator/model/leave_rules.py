"""What must hold whenever it is decided that a pod may pay, and whenever it is told so."""

from dataclasses import dataclass, field

from billing_operator.kinds import Manifest
from billing_operator.names import MAY_PAY, PAID_BEFORE
from unit.billing_operator.model.antaeus import now
from unit.billing_operator.model.truth import Truth

# No request arrives later than this.
KNOWN_LATELY = 25.0


@dataclass(eq=False)
class LeaveRules(Truth):
    """Judges leave to pay.

    Attributes:
        by_hand: names of Jobs that a person let begin; said: of which one said that they may pay;
            begun: that the operator let begin; admitted: that it was about to.
        decided: when the status first had it that a pod may pay, by its uid.
    """

    by_hand: set[str] = field(default_factory=set)
    said: set[str] = field(default_factory=set)
    begun: set[str] = field(default_factory=set)
    admitted: set[str] = field(default_factory=set)
    decided: dict[str, float] = field(default_factory=dict)

    def on_job(self, live: Manifest) -> None:
        """Who has let a Job begin, and who says that it may pay."""
        meta = live["metadata"]
        if not live["spec"]["suspend"] and meta["name"] not in self.by_hand:
            self.begun.add(meta["name"])
        if (meta.get("annotations") or {}).get(MAY_PAY) == meta["uid"]:
            self.said.add(meta["name"])

    def on_decision(self, record: Manifest) -> None:
        """What the status says of the run under way."""
        uid = record.get("podUID", "")
        if record.get("admissionTime") and not uid:
            self.admitted.add(record["job"])
        if not record.get("leaveTime") or uid in self.decided:
            return
        self.decided[uid] = now()
        if any(self.goes_on(other) for other in self.allowed if other != uid):
            self.violated("a second pod is to have leave while the first goes on")

    def on_pod(self, live: Manifest) -> None:
        """What a pod is told by the operator."""
        meta = live["metadata"]
        uid, annotations = meta["uid"], meta.get("annotations") or {}
        if uid in self.allowed or annotations.get(MAY_PAY) != uid:
            return
        self.allowed[uid] = now(), int(annotations.get(PAID_BEFORE, 0))
        if uid not in self.decided:
            self.violated("a pod may pay of which that was not decided")
        jobs = [owner["name"] for owner in meta.get("ownerReferences") or ()]
        if not {*jobs} & (self.begun | self.said | self.admitted):
            self.violated("a pod may pay whose Job nobody let begin who may")
        read = max(process.last_told for process in self.world.processes)
        if min(read, self.world.calls_told) < now() - KNOWN_LATELY:
            self.violated("a pod may pay, and nobody knows whether another call goes on")
