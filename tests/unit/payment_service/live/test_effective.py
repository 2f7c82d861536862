"""The profile in effect."""

import json
from pathlib import Path

import pytest

from payment_service.live.effective import EffectiveProfile
from payment_service.live.mounted import LiveProfile
from payment_service.live.watcher import Live
from payment_service.profile.document import LoadedProfile, Profile
from payment_service.state.values import Kept
from support.cases import cases
from support.payment.live_values import look_twice
from support.payment.losable_memory import LosableMemory
from support.payment.profiles import a_profile
from support.payment.state_makers import Clock


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def state(clock: Clock) -> LosableMemory:
    return LosableMemory(Kept(), clock)


def live(path: Path, **members: object) -> LiveProfile:
    path.write_text(json.dumps({"successRate": 1, **members}))
    return Live("profile", path.read_bytes, LoadedProfile.from_file_content)


@pytest.fixture
def effective(tmp_path: Path, state: LosableMemory, clock: Clock) -> EffectiveProfile:
    return EffectiveProfile(live(tmp_path / "profile.json"), state, clock)


def fault(name: str, code: int = 503) -> str:
    return json.dumps({"name": name, "fault": {"status": {"code": code}}})


def names(profile: Profile) -> list[str]:
    return [entry.name for entry in profile.faults]


def test_without_anything_set_it_is_the_very_profile_of_the_file(
    effective: EffectiveProfile,
) -> None:
    effective.refresh()

    assert effective.current is effective.in_effect.loaded.profile
    assert effective.current.plain


def test_a_fault_that_is_set_is_in_effect_until_it_expires(
    effective: EffectiveProfile, state: LosableMemory, clock: Clock
) -> None:
    state.set_fault("outage", fault("outage"), 60)
    effective.refresh()
    assert names(effective.current) == ["outage"]
    assert not effective.current.plain

    clock.seconds += 60
    effective.refresh()

    assert effective.current is effective.in_effect.loaded.profile


def test_a_set_fault_comes_before_the_files_and_in_place_of_its_namesake(
    tmp_path: Path, state: LosableMemory, clock: Clock
) -> None:
    file = live(
        tmp_path / "profile.json",
        faults=[json.loads(fault("busy", 429)), json.loads(fault("down", 500))],
    )
    effective = EffectiveProfile(file, state, clock)
    for name in ("busy", "new"):
        state.set_fault(name, fault(name), None)
    effective.refresh()

    assert names(effective.current) == ["busy", "new", "down"]
    assert [entry.fault.kind for entry in effective.current.faults][:1] == ["Status503"]
    assert names(effective.in_effect.loaded.profile) == ["busy", "down"]


def test_a_persons_profile_holds_whatever_the_file_says_until_it_is_taken_back(
    effective: EffectiveProfile,
) -> None:
    own = a_profile(successRate=0.25)
    effective.replace(own)
    assert effective.current is own
    assert effective.in_effect.replaced

    effective.replace(None)

    assert effective.current.success_rate == 1
    assert not effective.in_effect.replaced


def test_a_new_file_is_taken_with_the_faults_that_are_set(
    tmp_path: Path, state: LosableMemory, clock: Clock
) -> None:
    file = live(tmp_path / "profile.json")
    effective = EffectiveProfile(file, state, clock)
    state.set_fault("outage", fault("outage"), None)
    effective.refresh()

    (tmp_path / "profile.json").write_text('{"successRate": 0.5}')
    look_twice(file)
    effective.follow_file()

    assert effective.current.success_rate == 0.5
    assert names(effective.current) == ["outage"]


def test_while_the_store_is_lost_what_was_set_stays_until_it_expires(
    effective: EffectiveProfile, state: LosableMemory, clock: Clock
) -> None:
    state.set_fault("outage", fault("outage"), 60)
    effective.refresh()

    state.gone = True
    effective.refresh()
    assert names(effective.current) == ["outage"]
    clock.seconds += 60
    effective.refresh()

    assert effective.current.plain


def test_a_fault_that_is_set_again_as_it_was_makes_no_other_profile_and_lives_longer(
    effective: EffectiveProfile, state: LosableMemory, clock: Clock
) -> None:
    state.set_fault("outage", fault("outage"), 60)
    effective.refresh()
    before = effective.current
    clock.seconds += 30
    state.set_fault("outage", fault("outage"), 60)
    effective.refresh()

    assert effective.current is before
    assert [each.deadline for each, _ in effective.in_effect.faults] == [clock.seconds + 60]


def test_a_fault_under_another_name_than_its_own_is_left_out(
    effective: EffectiveProfile, state: LosableMemory
) -> None:
    state.set_fault("odd", fault("outage"), None)

    effective.refresh()

    assert effective.current is effective.in_effect.loaded.profile
    assert state.skipped["faults"] == 1


@pytest.mark.parametrize(
    "odd", cases("the entry is {0}", ["", "[]", '{"name": "odd", "fault": {"earthquake": {}}}'])
)
def test_a_fault_that_only_a_newer_version_understands_is_left_out(
    effective: EffectiveProfile, state: LosableMemory, odd: str
) -> None:
    state.set_fault("odd", odd, None)
    state.set_fault("outage", fault("outage"), None)

    for _ in range(3):
        effective.refresh()

    assert names(effective.current) == ["outage"]
    assert [each.name for each, _ in effective.in_effect.faults] == ["outage"]
    assert state.skipped["faults"] == 1


def test_what_is_told_is_what_decides_also_between_the_look_and_the_change(
    tmp_path: Path, state: LosableMemory, clock: Clock
) -> None:
    path = tmp_path / "profile.json"
    file = live(path)
    effective = EffectiveProfile(file, state, clock)
    before = effective.in_effect
    path.write_text('{"successRate": 0}')

    assert look_twice(file)
    assert effective.in_effect is before
    effective.follow_file()

    told = effective.in_effect
    assert (told.loaded.hash, told.profile.success_rate) == (file.current.hash, 0)
