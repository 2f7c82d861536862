"""Decides what to write: from what should be and what is, to the fewest changes between them."""

from dataclasses import dataclass

from billing_operator.children.antaeus_template import template_to_run
from billing_operator.children.drift import drift
from billing_operator.desired import desired
from billing_operator.inputs import Installation, Token
from billing_operator.kinds import DISPENSABLE, Manifest, Ref, ref
from billing_operator.names import MANAGER, PAYMENT
from billing_operator.observed.stack import Observed
from billing_operator.spec.stack import Stack


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
        pending_update: what a newer operator would change in a running Antaeus, if anything.
    """

    groups: tuple[tuple[Change, ...], ...]
    orphans: tuple[Manifest, ...]
    pending_update: str | None

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


def decide(stack: Stack, seen: Observed, token: Token, installation: Installation) -> Plan:
    """What is missing or differs, and what is too much."""
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
    return Plan(
        groups=tuple(_changes(group, seen) for group in known),
        orphans=tuple(
            child
            for name, child in seen.children.items()
            if name not in names and name.kind in DISPENSABLE
        ),
        pending_update=of_antaeus.pending_update,
    )


def scaled_by_others(stack: Stack, seen: Observed) -> bool:
    """Whether an autoscaler has the number of payment's pods in hand.

    Not before there are any: it leaves alone what is at 0, as after a hibernation.
    """
    rollout = seen.rollout(stack.name, PAYMENT)
    return stack.autoscaling is not None and rollout is not None and rollout.wanted > 0


def _changes(group: tuple[Manifest, ...], seen: Observed) -> tuple[Change, ...]:
    changes = []
    for manifest in group:
        live = seen.children.get(ref(manifest))
        why = drift(manifest, live, MANAGER) if live else "missing"
        if why:
            changes.append(Change(manifest, why))
    return tuple(changes)
