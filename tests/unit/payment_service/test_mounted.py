"""The mounted files together."""

from pathlib import Path

import pytest

from payment_service.files.mounted import Mounted
from payment_service.mistakes import MistakesError
from payment_service.settings import Settings
from support.payment import TOKEN


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

    assert profile.check()
    assert profile.current.profile.success_rate == 1
