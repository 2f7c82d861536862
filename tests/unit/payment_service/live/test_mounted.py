"""The mounted files together."""

from dataclasses import replace
from pathlib import Path

import pytest

from payment_service.live.mounted import Mounted
from payment_service.profile.document import LoadedProfile, Profile
from payment_service.settings import Settings
from payment_service.text.mistakes import MistakesError
from support.payment.live_values import look_twice
from support.payment.service import TOKEN


def settings(folder: Path, *, require_token: bool = True, named: bool = False) -> Settings:
    return Settings(
        token_file=folder / "token",
        previous_token_file=folder / "previous",
        profile_file=folder / "profile.json",
        profile_required=named,
        require_token=require_token,
    )


def test_what_is_wrong_with_all_of_them_is_told_at_once(tmp_path: Path) -> None:
    (tmp_path / "profile.json").write_text('{"successRate": 2, "seed": -1}')
    (tmp_path / "token").write_text("")
    (tmp_path / "previous").write_text("old\n")

    with pytest.raises(MistakesError) as caught:
        Mounted.from_settings(settings(tmp_path))

    names = ("successRate", "seed", "is empty", "line break")
    assert len(caught.value.texts) == len(names)
    for text, name in zip(caught.value.texts, names, strict=True):
        assert name in text


def test_without_a_required_token_its_file_is_not_looked_at(tmp_path: Path) -> None:
    assert Mounted.from_settings(settings(tmp_path, require_token=False)).tokens is None


def test_a_profile_is_needed_only_if_its_file_was_named(tmp_path: Path) -> None:
    (tmp_path / "token").write_text(TOKEN)

    assert Mounted.from_settings(settings(tmp_path)).profile.current.hash is None
    with pytest.raises(MistakesError, match="no such file"):
        Mounted.from_settings(settings(tmp_path, named=True))


def test_a_profile_that_appears_later_is_taken(tmp_path: Path) -> None:
    (tmp_path / "token").write_text(TOKEN)
    profile = Mounted.from_settings(settings(tmp_path)).profile

    (tmp_path / "profile.json").write_text('{"successRate": 1}')

    assert look_twice(profile)
    assert profile.current.profile.success_rate == 1


def test_a_profile_of_variables_holds_in_place_of_any_file(tmp_path: Path) -> None:
    (tmp_path / "token").write_text(TOKEN)
    (tmp_path / "profile.json").write_text('{"successRate": 1}')

    profile = Mounted.from_settings(replace(settings(tmp_path), success_rate=0.25)).profile

    assert profile.current == LoadedProfile(Profile(success_rate=0.25), None)
    assert not look_twice(profile)


def test_a_profile_whose_name_ends_with_toml_is_read_as_such(tmp_path: Path) -> None:
    (tmp_path / "token").write_text(TOKEN)
    file = tmp_path / "profile.toml"
    file.write_text("successRate = 0.25")

    profile = Mounted.from_settings(replace(settings(tmp_path), profile_file=file)).profile
    assert profile.current.profile == Profile(success_rate=0.25)

    file.write_text('{"successRate": 1}')
    look_twice(profile)
    assert profile.refused is not None
    assert profile.refused[1].texts[0].startswith(f"{file}: not TOML: ")
