"""The tokens: which are usable, which are valid, and how they follow their files."""

from pathlib import Path
from typing import Any

import pytest

from payment_service.live.tokens import TokenFiles, TokenPaths, live_tokens, same_twice
from payment_service.text.mistakes import MistakesError
from support.cases import cases


def mounted(
    folder: Path, current: bytes | None, previous: bytes | None = None, **ids: bytes
) -> TokenPaths:
    tokens = {"token": current, "previous": previous, **ids}
    for name in ("token", "previous", "id", "previous_id"):
        (folder / name).unlink(missing_ok=True)
        if (content := tokens.get(name)) is not None:
            (folder / name).write_bytes(content)
    return TokenPaths(*(folder / name for name in ("token", "previous", "id", "previous_id")))


@pytest.mark.parametrize(
    "token", cases("the token is {0}", [b"x", b"open-sesame", b"a b", b'half"quoted', b"~" * 4096])
)
def test_a_token_that_a_header_can_carry_is_taken_as_it_is(tmp_path: Path, token: bytes) -> None:
    tokens = live_tokens(mounted(tmp_path, token)).current

    assert tokens.admit(token.decode())
    assert not tokens.admit(token.decode() + "x")


@pytest.mark.parametrize(
    ("token", "reason"),
    cases(
        "the token {0} {1}",
        [
            (None, "no such file"),
            (b"", "is empty"),
            (b"secret\n", "ends with a line break"),
            (b"secret\r\n", "ends with a line break"),
            (b"\n", "ends with a line break"),
            (b" secret", "white space"),
            (b"secret\t", "white space"),
            (b"sec\nret", "printable"),
            (b"sec\x00ret", "printable"),
            (b"sec\x7fret", "printable"),
            ("s\xe9cret".encode(), "printable"),
            (b"\xff\xfe", "printable"),
            (b'"secret"', "quotes"),
            (b"'secret'", "quotes"),
            (b"x" * 4097, "longer than 4096"),
            pytest.param(b"x" * 1048577, "longer than 1048576", id="no token at all"),
        ],
    ),
)
def test_an_unusable_token_is_refused_with_the_reason(
    tmp_path: Path, token: bytes | None, reason: str
) -> None:
    with pytest.raises(MistakesError, match=reason) as caught:
        live_tokens(mounted(tmp_path, token))

    assert str(tmp_path / "token") in str(caught.value)
    assert "secret" not in str(caught.value).replace(str(tmp_path), "")


def test_what_is_wrong_with_both_tokens_is_named(tmp_path: Path) -> None:
    with pytest.raises(MistakesError) as caught:
        live_tokens(mounted(tmp_path, b"", b"old\n"))

    assert len(caught.value.texts) == 2


def test_a_rotation_never_refuses_a_token_that_callers_still_send(tmp_path: Path) -> None:
    live = live_tokens(mounted(tmp_path, b"old"))

    mounted(tmp_path, b"new", b"old")
    live.check()
    assert live.current.admit("old")
    assert live.current.admit("new")

    mounted(tmp_path, b"new")
    live.check()
    assert not live.current.admit("old")
    assert live.current.admit("new")


@pytest.mark.parametrize(
    ("current", "previous"),
    cases(
        "the token is {0} and the other is {1}",
        [(b"", None), (b"new\n", None), (b"new", b""), (None, None)],
    ),
)
def test_after_a_bad_replacement_the_last_good_tokens_stay(
    tmp_path: Path, current: bytes | None, previous: bytes | None
) -> None:
    live = live_tokens(mounted(tmp_path, b"good", b"older"))

    mounted(tmp_path, current, previous)

    assert live.check()
    assert live.refused is not None
    assert live.current.admit("good")
    assert live.current.admit("older")
    assert not live.current.admit("new")


def test_no_text_of_the_tokens_shows_them(tmp_path: Path) -> None:
    live = live_tokens(mounted(tmp_path, b"sesame", b"older"))

    assert "sesame" not in repr(live.current)


@pytest.mark.parametrize("sent", cases("the token sent is {0}", [None, "", "\ud800", "\xff"]))
def test_anything_else_is_not_admitted(tmp_path: Path, sent: str | None) -> None:
    assert not live_tokens(mounted(tmp_path, b"sesame")).current.admit(sent)


def test_tokens_are_told_from_one_another_by_their_names(tmp_path: Path) -> None:
    live = live_tokens(mounted(tmp_path, b"new", b"old", id=b"a-2", previous_id=b"a-1"))
    assert list(live.current.ids) == ["a-2", "a-1"]

    mounted(tmp_path, b"new", id=b"a-2")
    assert live.check()
    assert list(live.current.ids) == ["a-2"]


def test_a_token_without_a_name_is_counted_all_the_same(tmp_path: Path) -> None:
    assert live_tokens(mounted(tmp_path, b"new", b"old", previous_id=b"a")).current.ids == (
        None,
        "a",
    )


@pytest.mark.parametrize(
    "name", cases("the name is {0}", [b"", b"a b", b"x" * 65, b"a\n", b"\xff", b"{}"])
)
def test_what_is_no_name_is_not_told(tmp_path: Path, name: bytes) -> None:
    assert live_tokens(mounted(tmp_path, b"new", id=name)).current.ids == (None,)


def test_names_that_are_refused_with_their_token_are_not_told(tmp_path: Path) -> None:
    live = live_tokens(mounted(tmp_path, b"good", id=b"first"))
    mounted(tmp_path, b"bad\n", id=b"second")
    live.check()

    assert live.current.ids == ("first",)


def test_files_that_are_swapped_while_they_are_read_are_read_again(tmp_path: Path) -> None:
    """A torn view would accept one token where both are valid, or call it by another's name."""
    old = TokenFiles(tmp_path, b"o", tmp_path, b"n", b"old", b"new")
    torn = TokenFiles(tmp_path, b"o", tmp_path, b"o", b"old", b"old")
    new = TokenFiles(tmp_path, b"n", tmp_path, b"o", b"new", b"old")

    assert same_twice(iter([old, old]).__next__) == old
    assert same_twice(iter([torn, new, new]).__next__) == new


def test_a_token_and_its_name_are_always_of_one_moment(tmp_path: Path) -> None:
    """The kubelet swaps the directory right after the first of the files was read."""
    for name, tokens in (("1", (b"old", b"new")), ("2", (b"new", b"old"))):
        (tmp_path / name).mkdir()
        mounted(tmp_path / name, *tokens, id=tokens[0], previous_id=tokens[1])
    current = tmp_path / "current"
    current.symlink_to("1")

    class Swaps(type(tmp_path)):  # type: ignore[misc]
        def open(self, *arguments: Any, **options: Any) -> Any:
            file = super().open(*arguments, **options)
            if current.readlink() == Path("1"):
                current.unlink()
                current.symlink_to("2")
            return file

    paths = [current / name for name in ("previous", "id", "previous_id")]
    files = TokenPaths(Swaps(current / "token"), *paths).read()

    assert (files.current, files.previous, files.current_id) == (b"new", b"old", b"new")
