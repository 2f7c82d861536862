"""The profile in effect: the file's or a person's, with the faults that were set while running."""

import threading
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Literal

from payment_service.live.mounted import LiveProfile
from payment_service.profile.document import LoadedProfile, Profile
from payment_service.profile.entries import FaultEntry
from payment_service.state.interface import State, StoreLostError
from payment_service.state.values import SetFault
from payment_service.text.mistakes import MistakesError


@dataclass(frozen=True, slots=True)
class InEffect:
    """All that is in effect at one moment."""

    loaded: LoadedProfile
    """The profile without the faults that were set while running, and the hash of its file."""
    replaced: bool
    """Whether a person put it in the place of the file's."""
    faults: tuple[tuple[SetFault, FaultEntry], ...]
    """Those faults, by name, each with what it is in the profile."""
    profile: Profile
    """What charges are decided by."""

    @property
    def source(self) -> Literal["file", "control"]:
        """Where the profile is from; of variables and the default, `file`."""
        return "control" if self.replaced else "file"


class EffectiveProfile:
    """What charges are decided by at the moment.

    `in_effect` is replaced in one step and never changed, so a charge takes it once, and asks
    neither a file nor the store. `refresh` brings it up to date and is to be called several times a
    second.
    """

    def __init__(self, file: LiveProfile, state: State, clock: Callable[[], float]) -> None:
        """`clock` counts seconds like that of the faults' deadlines."""
        self._file = file
        self._state = state
        self._clock = clock
        self._lock = threading.Lock()
        self._asking = threading.Lock()
        """Held while the state is asked, which may take long: what it said last is taken last."""
        self._put: LoadedProfile | None = None
        self._known: tuple[SetFault, ...] = ()
        loaded = file.current
        self.in_effect = InEffect(loaded, replaced=False, faults=(), profile=loaded.profile)
        self._followed: list[tuple[str, str]] = []
        """The faults that were looked at for it, by name and document: another deadline makes no
        other profile."""

    @property
    def current(self) -> Profile:
        """What charges are decided by."""
        return self.in_effect.profile

    def replace(self, profile: Profile | None) -> None:
        """Puts a profile in the place of the file's, in this process; None goes back to that."""
        with self._lock:
            self._put = None if profile is None else LoadedProfile(profile, None)
            self._make()

    def follow_file(self) -> None:
        """Takes what is new in the file."""
        with self._lock:
            self._make()

    def refresh(self) -> None:
        """Takes what is new in the file, and the faults that are set now, by whatever replica.

        While the store is lost, those last seen stay until they expire.
        """
        with self._asking:
            try:
                known = self._state.faults()
            except StoreLostError:
                clock = self._clock()
                known = tuple(fault for fault in self._known if fault.lives(clock))
            with self._lock:
                self._known = known
                self._make()

    def _make(self) -> None:
        loaded = self._put or self._file.current
        before, known = self.in_effect, [(fault.name, fault.document) for fault in self._known]
        if loaded is before.loaded and known == self._followed:
            entries = {entry.name: entry for _, entry in before.faults}
            again = (fault for fault in self._known if fault.name in entries)
            faults = tuple((fault, entries[fault.name]) for fault in again)
            self.in_effect = replace(before, faults=faults)
            return
        faults = tuple(followed(self._known, self._state))
        base = loaded.profile
        profile = base.with_faults(entry for _, entry in faults) if faults else base
        self._followed = known
        self.in_effect = InEffect(loaded, self._put is not None, faults, profile)


def followed(faults: Iterable[SetFault], state: State) -> Iterator[tuple[SetFault, FaultEntry]]:
    """Returns those that this process can follow, with the entries of the profile that they are.

    The state hears of the others. They are of a replica in another version.
    """
    for fault in faults:
        try:
            entry = FaultEntry.from_json(fault.document.encode())
        except MistakesError as mistakes:
            state.skip("faults", fault.name, str(mistakes))
            continue
        if entry.name == fault.name:
            yield fault, entry
        else:
            state.skip("faults", fault.name, "its entry has another name")
