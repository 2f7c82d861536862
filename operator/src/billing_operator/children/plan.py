"""Decides what to write: from what should be and what is, to the fewest changes between them."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from billing_operator.children.admission import Answer, Answers, Kept, answer_to, keep_running
from billing_operator.children.antaeus_template import template_to_run
from billing_operator.children.drift import differences, drift
from billing_operator.children.restart_hold import RestartHold
from billing_operator.desired import desired
from billing_operator.inputs import Installation, Token
from billing_operator.kinds import (
    AUTOSCALER,
    DEPLOYMENT,
    DISPENSABLE,
    DISRUPTION_BUDGET,
    Manifest,
    Ref,
    deployment,
    ref,
)
from billing_operator.names import ANTAEUS, MANAGER, PAYMENT, part_name
from billing_operator.observed.stack import Observed
from billing_operator.spec.stack import Stack

# What says how many pods payment has.
_OF_PAYMENTS_PODS = (DEPLOYMENT, AUTOSCALER, DISRUPTION_BUDGET)


@dataclass(frozen=True, slots=True)
class Change:
    """A manifest to apply, and where the live object differs from it."""

    manifest: Manifest
    why: str


@dataclass(frozen=True, slots=True)
class Plan:
    """What one pass writes.

    Attributes:
        groups: changes; those of one group go out together, a group waits for the one before. A
            group without changes stays, so that the pods are never in the first.
        orphans: children that the spec does not want any more.
        pending_update: what would be changed in a running Antaeus and waits, if anything does.
        hold: the batch that something waits for.
        left: children that differ only by what admission makes of them.
        kept: what a running Antaeus keeps of what admission made of it.
    """

    groups: tuple[tuple[Change, ...], ...]
    orphans: tuple[Manifest, ...]
    pending_update: str | None
    hold: RestartHold | None = None
    left: frozenset[Ref] = frozenset()
    kept: Kept | None = None

    @property
    def changes(self) -> tuple[Change, ...]:
        """All changes, whatever their group."""
        return tuple(change for group in self.groups for change in group)

    @property
    def names(self) -> set[Ref]:
        """What the changes are about."""
        return {ref(change.manifest) for change in self.changes}

    @property
    def targets(self) -> frozenset[Ref]:
        """Everything that would be made, changed or removed."""
        return frozenset(self.names | {ref(orphan) for orphan in self.orphans})

    @property
    def writes(self) -> bool:
        """Whether there is anything to do."""
        return bool(self.changes or self.orphans)


@dataclass(frozen=True, slots=True)
class Restraints:
    """Why a child that differs may stay as it is.

    Attributes:
        hold: a batch that is not to be cut off, if there is one.
        answers: what admission made of the children when they were applied.
    """

    hold: RestartHold | None
    answers: Answers


def decide(
    stack: Stack,
    seen: Observed,
    token: Token,
    installation: Installation,
    restraints: Restraints | None = None,
) -> Plan:
    """What is missing or differs and is to be written, and what is too much."""
    hold, answers = (restraints.hold, restraints.answers) if restraints else (None, None)
    # To ask again is to apply again: not where nothing is applied, or might be held for a batch.
    last = answers.of if answers and (stack.suspend or hold or not answers.due) else {}
    plan = _everything(stack, seen, token, installation, last)
    return _without_held(stack, seen, plan, hold) if hold else plan


def _everything(
    stack: Stack,
    seen: Observed,
    token: Token,
    installation: Installation,
    answers: Mapping[Ref, Answer],
) -> Plan:
    of_antaeus = template_to_run(stack, seen, token, installation)
    scaled = scaled_by_others(stack, seen)
    wanted = desired(
        stack,
        token,
        installation,
        antaeus_template=of_antaeus.template,
        scaled_by_others=scaled,
    )
    # What the cluster does not know can't be asked for; it is once a resync has found it.
    known = [tuple(each for each in group if each["kind"] not in seen.absent) for group in wanted]
    names = {ref(manifest) for group in known for manifest in group}
    comparison = _Comparison(stack, seen, answers)
    return Plan(
        groups=tuple(comparison.changes(group) for group in known),
        orphans=tuple(
            child
            for name, child in seen.children.items()
            if name not in names
            and name.kind in DISPENSABLE
            # What a finalizer keeps would be deleted in each pass.
            and "deletionTimestamp" not in child["metadata"]
        ),
        pending_update=of_antaeus.pending_update,
        left=frozenset(comparison.left),
        kept=comparison.kept,
    )


def _without_held(stack: Stack, seen: Observed, plan: Plan, hold: RestartHold) -> Plan:
    """A plan without what would end Antaeus, or payment for good.

    What else rolls payment out does no harm: its pods answer what they were sent.
    """
    of_antaeus = deployment(part_name(stack.name, ANTAEUS))
    change = next((each for each in plan.changes if ref(each.manifest) == of_antaeus), None)
    live = seen.children.get(of_antaeus)
    if change is None or live is None or not _ends_pods(change.manifest, live):
        return plan
    held = {of_antaeus}
    if stack.hibernate:
        held |= {Ref(kind.name, part_name(stack.name, PAYMENT)) for kind in _OF_PAYMENTS_PODS}
    return replace(
        plan,
        groups=tuple(
            tuple(each for each in group if ref(each.manifest) not in held) for group in plan.groups
        ),
        orphans=tuple(orphan for orphan in plan.orphans if ref(orphan) not in held),
        pending_update=hold.message(_what_changes(change.manifest, live)),
        hold=hold,
    )


def _ends_pods(wanted: Manifest, live: Manifest) -> bool:
    """Whether a write would make other pods, or none; nothing else of a Deployment does."""
    ending = (("spec", "template"), ("spec", "replicas"))
    return any(each.steps[:2] in ending for each in differences(wanted, live, MANAGER))


def _what_changes(wanted: Manifest, live: Manifest) -> str:
    if wanted["spec"]["replicas"] != live["spec"].get("replicas", 1):
        return f"to run {wanted['spec']['replicas']} pods"
    image, running = (
        each["spec"]["template"]["spec"]["containers"][0].get("image") for each in (wanted, live)
    )
    return f"image {image}" if image != running else "another pod template"


def scaled_by_others(stack: Stack, seen: Observed) -> bool:
    """Whether an autoscaler has the number of payment's pods in hand.

    Not before there are any: it leaves alone what is at 0, as after a hibernation.
    """
    rollout = seen.rollout(stack.name, PAYMENT)
    return stack.autoscaling is not None and rollout is not None and rollout.wanted > 0


@dataclass(slots=True)
class _Comparison:
    """Compares one manifest after the other with what is live."""

    stack: Stack
    seen: Observed
    answers: Mapping[Ref, Answer]
    left: set[Ref] = field(default_factory=set)
    kept: Kept | None = None

    def changes(self, group: tuple[Manifest, ...]) -> tuple[Change, ...]:
        changes = (self._change(manifest) for manifest in group)
        return tuple(change for change in changes if change)

    def _change(self, wanted: Manifest) -> Change | None:
        name = ref(wanted)
        live = self.seen.children.get(name)
        if live is None:
            return Change(wanted, "missing")
        kept = keep_running(wanted, self.stack.name, self.seen)
        self.kept = kept or self.kept
        manifest = kept.running_manifest() if kept else wanted
        why = drift(wanted, live, MANAGER, but_for=kept.differences if kept else ())
        if why is None:
            return None
        if name in self.answers and self.answers[name] == answer_to(manifest, live):
            self.left.add(name)
            return None
        return Change(manifest, why)
