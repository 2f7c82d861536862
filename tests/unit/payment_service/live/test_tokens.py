"""The tokens: which are usable, which are valid, and how they follow their files."""

from pathlib import Path

import pytest

from payment_service.live.tokens import TokenFiles, TokenPaths, Tokens, live_tokens
from payment_service.live.watcher import Live
from payment_service.text.mistakes import MistakesError
from support.cases import cases
from support.payment.live_values import look_twice, no_pause


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
    look_twice(live)
    assert live.current.admit("old")
    assert live.current.admit("new")

    mounted(tmp_path, b"new")
    look_twice(live)
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

    assert look_twice(live)
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
    assert look_twice(live)
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
    look_twice(live)

    assert live.current.ids == ("first",)


def test_tokens_and_names_of_two_moments_never_count(tmp_path: Path) -> None:
    """They would accept one token where both are valid, or call it by another's name."""
    old = TokenFiles(tmp_path, b"o", tmp_path, b"n", b"old", b"new")
    torn = TokenFiles(tmp_path, b"o", tmp_path, b"o", b"old", b"old")
    new = TokenFiles(tmp_path, b"n", tmp_path, b"o", b"new", b"old")
    looks = [torn, old, old, torn, new, new]
    live = Live("token", iter(looks).__next__, Tokens.from_files, no_pause)
    assert live.current == Tokens((b"o", b"n"), ("old", "new"))

    assert [live.check() for _ in looks[3:]] == [False, False, True]
    assert live.current == Tokens((b"n", b"o"), ("new", "old"))
