"""The profile in effect: the file's or a person's, with the faults that were set while running."""

import threading
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Literal

from payment_service.live.mounted import LiveProfile
from payment_service.profile.document import LoadedProfile, Profile
from payment_service.profile.entries import FaultEntry
from payment_service.state.interface import State, StoreLostError
from payment_service.state.values import SetFault
from payment_service.text.mistakes import MistakesError


@dataclass(frozen=True, slots=True)
class _Made:
    base: Profile
    faults: list[tuple[str, str]]
    """Names and documents alone: a moment that was computed anew makes no other profile."""
    entries: tuple[FaultEntry, ...]
    """What those of them are in the profile that this process can follow."""
    profile: Profile


class EffectiveProfile:
    """What charges are decided by at the moment.

    `current` is replaced in one step and never changed, so a charge takes it once, and asks neither
    a file nor the store. `refresh` brings it up to date and is to be called several times a second.
    """

    def __init__(self, file: LiveProfile, state: State, now: Callable[[], float]) -> None:
        """`now` counts seconds by the clock of the faults' deadlines."""
        self._file = file
        self._state = state
        self._now = now
        self._lock = threading.Lock()
        self._asking = threading.Lock()
        """Held while the state is asked, which may take long: what it said last is taken last."""
        self._put: Profile | None = None
        self._known: tuple[SetFault, ...] = ()
        base = self.base
        self._made = _Made(base, [], (), base)
        self.current = base

    @property
    def base(self) -> Profile:
        """The profile without the faults that were set while running."""
        return self._put or self._file.current.profile

    @property
    def loaded(self) -> LoadedProfile:
        """The same with the hash of its file; without one, if a person put it here."""
        put = self._put
        return self._file.current if put is None else LoadedProfile(put, None)

    @property
    def replaced(self) -> bool:
        """Whether a person put another one in the place of the file's."""
        return self._put is not None

    @property
    def source(self) -> Literal["file", "control"]:
        """Where the profile without those faults is from; of variables and the default, `file`."""
        return "control" if self.replaced else "file"

    @property
    def faults(self) -> tuple[SetFault, ...]:
        """The faults that were set while running and are in effect, by name."""
        names = {entry.name for entry in self.entries}
        return tuple(fault for fault in self._known if fault.name in names)

    @property
    def entries(self) -> tuple[FaultEntry, ...]:
        """What these faults are in the profile."""
        return self._made.entries

    def replace(self, profile: Profile | None) -> None:
        """Puts a profile in the place of the file's, in this process; None goes back to that."""
        with self._lock:
            self._put = profile
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
                now = self._now()
                known = tuple(fault for fault in self._known if fault.lives(now))
            with self._lock:
                self._known = known
                self._make()

    def _make(self) -> None:
        base, made = self.base, self._made
        faults = [(fault.name, fault.document) for fault in self._known]
        if base is made.base and faults == made.faults:
            return
        entries = tuple(entry for _, entry in followed(self._known, self._state))
        profile = base.with_faults(entries) if entries else base
        self._made = _Made(base, faults, entries, profile)
        self.current = profile


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
