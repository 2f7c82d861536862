"""Leaves alone what mutating admission makes of the children, and keeps Antaeus running by it.

A policy or webhook of the cluster may give a field of ours another value whenever we apply it. To
apply it again and again changes nothing. So what the answer to an apply showed otherwise than it
was sent counts as admission's, until a resync asks again.

A running Antaeus keeps such values even where admission would not set them any more: our own ones
would restart it, and it would forget all payments. No memory is needed for that. The API server
records whoever sets a field as its owner, and of all who may change it only admission does so
without a record. So a field of the template that we applied, that is ours and has another value,
has it from admission.
"""

import copy
import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from billing_operator.children.drift import Difference, Step, differences
from billing_operator.kinds import Manifest, Ref, deployment, ref
from billing_operator.names import ANTAEUS, APPLIED_TEMPLATE, MANAGER, part_name
from billing_operator.observed.stack import Observed

_MOST_FIELDS = 5
_TEMPLATE = ("spec", "template")


@dataclass(frozen=True, slots=True)
class Answer:
    """What the API server made of a manifest.

    Attributes:
        digest: of the manifest and of all that differs in the answer.
        fields: where it differs, as people are told.
    """

    digest: str
    fields: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Kept:
    """What a running Antaeus keeps in its template.

    Attributes:
        manifest: of its Deployment, as it would be applied if no Antaeus ran.
        differences: the values that admission gave it.
    """

    manifest: Manifest
    differences: tuple[Difference, ...]

    def running_manifest(self) -> Manifest:
        """The Deployment as it may be applied while Antaeus runs."""
        made = copy.deepcopy(self.manifest)
        for each in self.differences:
            _set(made, each.steps, each.live)
        return made


@dataclass(frozen=True, slots=True)
class KeptAnswer:
    """What admission would make now of what a running Antaeus keeps.

    Attributes:
        digest: of what is kept.
        still: fields that it would change again.
        no_more: fields that it would leave as they are sent.
    """

    digest: str
    still: tuple[str, ...]
    no_more: tuple[str, ...]


@dataclass(slots=True)
class Answers:
    """What admission made of one stack's children, as far as it made anything of them.

    Attributes:
        due: whether it is to be asked again.
    """

    of: dict[Ref, Answer] = field(default_factory=dict)
    kept: KeptAnswer | None = None
    due: bool = False

    def summary(self) -> "Admission":
        """What people are told of it."""
        changed = [f"{child}{at}" for child, of in sorted(self.of.items()) for at in of.fields]
        if self.kept:
            changed += [at for at in self.kept.still if at not in changed]
        no_more = _listed(self.kept.no_more) if self.kept else ""
        pending = (
            f"{no_more} as the operator applies it, which admission changed" if no_more else None
        )
        return Admission(_listed(changed), pending)


@dataclass(frozen=True, slots=True)
class Admission:
    """What people are told of admission.

    Attributes:
        changed: the fields that it changes; empty where there are none.
        pending_update: what waits for the next start of Antaeus since admission has let go of it.
    """

    changed: str = ""
    pending_update: str | None = None


def answer_to(manifest: Manifest, live: Manifest) -> Answer | None:
    """What a live object shows otherwise than it was applied; None where it shows all of it."""
    differing = tuple(differences(manifest, live, MANAGER))
    return Answer(_digest(manifest, differing), tuple(map(str, differing))) if differing else None


def keep_running(manifest: Manifest, stack: str, seen: Observed) -> Kept | None:
    """What a running Antaeus keeps in its template; None for any other child."""
    name = deployment(part_name(stack, ANTAEUS))
    live = seen.children.get(name)
    if ref(manifest) != name or live is None or not seen.antaeus_runs:
        return None
    if _applied_template(live) != _applied_template(manifest):
        # Another template restarts it anyhow.
        return None
    differing = differences(manifest, live, MANAGER)
    kept = tuple(each for each in differing if each.ours and each.steps[:2] == _TEMPLATE)
    return Kept(manifest, kept) if kept else None


def kept_answer(kept: Kept, answer: Manifest | None) -> KeptAnswer:
    """What the answer to a dry run says of what is kept; without one all of it counts as still."""
    fields = [str(each) for each in kept.differences]
    now = differences(kept.manifest, answer, MANAGER) if answer else ()
    changed = {str(each) for each in now} if answer else set(fields)
    child = ref(kept.manifest)
    return KeptAnswer(
        kept_digest(kept),
        still=tuple(f"{child}{at}" for at in fields if at in changed),
        no_more=tuple(at for at in fields if at not in changed),
    )


def kept_digest(kept: Kept) -> str:
    """Differs as soon as anything else is kept, or would be applied."""
    return _digest(kept.manifest, kept.differences)


def _applied_template(manifest: Manifest) -> Any:
    return (manifest["metadata"].get("annotations") or {}).get(APPLIED_TEMPLATE)


def _digest(manifest: Manifest, differing: Iterable[Difference]) -> str:
    values = [manifest, [(str(each), each.live) for each in differing]]
    return hashlib.sha256(json.dumps(values, sort_keys=True).encode()).hexdigest()[:16]


def _set(parent: Any, steps: tuple[Step, ...], value: Any) -> None:
    *way, last = steps
    for step in way:
        parent = parent[step] if isinstance(step, str) else _item(parent, step)
    if isinstance(last, str):
        parent[last] = value
        if value is None:
            del parent[last]
    else:
        # Only an item that is not there differs as a whole.
        parent.remove(_item(parent, last))


def _item(items: list[Manifest], names: tuple[tuple[str, Any], ...]) -> Manifest:
    return next(item for item in items if dict(names).items() <= item.items())


def _listed(fields: Iterable[str]) -> str:
    first = [*fields]
    more = len(first) - _MOST_FIELDS
    return ", ".join(first[:_MOST_FIELDS]) + (f" and {more} more" if more > 0 else "")
