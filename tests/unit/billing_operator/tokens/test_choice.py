"""Which token a stack uses, row by row, and what a person is told where there is none."""

import base64

import pytest

from billing_operator.errors import SpecError, Waiting
from billing_operator.inputs import Token
from billing_operator.kinds import Manifest
from billing_operator.spec.stack import Stack
from billing_operator.tokens.choice import (
    MakeToken,
    RunningAntaeus,
    Secrets,
    choose_token,
    token_fault,
)
from billing_operator.tokens.secret import TokenSecret
from support.operator.builders import a_secret, a_stack

RENEW = "billing.antaeus.io/renew-token"
SECRET_REF = {"secretRef": {"name": "provider", "key": "api"}}


def encoded(token: bytes) -> str:
    return base64.b64encode(token).decode()


RUNS = RunningAntaeus("first")


def choose(
    stack: Stack,
    own: Manifest | None = None,
    users: Manifest | None = None,
    *,
    antaeus: RunningAntaeus | None = RUNS,
) -> Token | MakeToken:
    return choose_token(stack, Secrets(own, users), antaeus)


def fault(stack: Stack, own: Manifest | None = None, users: Manifest | None = None) -> SpecError:
    with pytest.raises(SpecError) as caught:
        choose(stack, own, users)
    return caught.value


GOOD = [b"x", b"secret", b"!~", b"with space within", b"a" * 4096]


@pytest.mark.parametrize("token", GOOD, ids=lambda token: repr(token[:20]))
def test_a_good_token_has_no_fault(token: bytes) -> None:
    assert token_fault(encoded(token)) is None


@pytest.mark.parametrize(
    ("token", "words"),
    [
        (b"", "is empty"),
        (b"a" * 4097, "longer than 4096"),
        (b"secret\n", "white space"),
        (b" secret", "white space"),
        (b"secret\r\n", "white space"),
        (b'"secret"', "quote"),
        (b"'secret'", "quote"),
        (b"sec\nret", "HTTP header"),
        (b"sec\x00ret", "HTTP header"),
        (b"sec\x7fret", "HTTP header"),
        ("sécret".encode(), "HTTP header"),
    ],
    ids=lambda value: repr(value[:12]),
)
def test_a_bad_token_is_told_by_its_fault(token: bytes, words: str) -> None:
    assert words in (token_fault(encoded(token)) or "")


@pytest.mark.parametrize("text", ["%%%", "YQ", "YQ==YQ==!", "é"])
def test_what_is_no_base64_is_told(text: str) -> None:
    assert token_fault(text) == "is no base64"


def test_a_users_token_is_copied_under_a_name_of_its_own() -> None:
    users = a_secret("provider", uid=None, api="secret")
    chosen = choose(a_stack(token=SECRET_REF), users=users, antaeus=None)

    assert chosen == MakeToken(users["data"]["api"], id=None)


def test_once_it_is_copied_the_copy_is_what_both_services_have() -> None:
    own = a_secret(token="secret", id="first", source="user")
    chosen = choose(a_stack(token=SECRET_REF), own, a_secret("provider", uid=None, api="secret"))

    assert chosen == Token("shop-token", "token", id="first", generated=False)


@pytest.mark.parametrize(
    "users", [None, a_secret("provider", uid=None, api="")], ids=["it is gone", "it has no token"]
)
def test_a_users_secret_that_is_bad_now_leaves_the_copy_in_use(users: Manifest | None) -> None:
    own = a_secret(token="secret", id="first", source="user")

    assert isinstance(choose(a_stack(token=SECRET_REF), own, users), Token)


def test_a_lost_copy_is_made_again_under_the_name_that_antaeus_runs_by() -> None:
    users = a_secret("provider", uid=None, api="secret")
    chosen = choose(a_stack(token=SECRET_REF), users=users)

    assert chosen == MakeToken(users["data"]["api"], id="first")


def test_a_copy_that_is_lost_half_way_through_a_rotation_restarts_antaeus() -> None:
    """Nobody knows by then which of the two tokens it has."""
    stack = a_stack(token=SECRET_REF, status={"token": {"rotation": {"step": "Promoted"}}})
    chosen = choose(stack, users=a_secret("provider", uid=None, api="secret"))

    assert isinstance(chosen, MakeToken)
    assert chosen.id is None


@pytest.mark.parametrize(
    ("secret", "words"),
    [
        (None, "there is no Secret provider; make it: kubectl create secret"),
        (a_secret("provider", uid=None, other="x"), "has no key api (keys: other)"),
        (a_secret("provider", uid=None) | {"data": None}, "has no key api (keys: none)"),
        (a_secret("provider", uid=None, api=""), "is empty"),
        (a_secret("provider", uid=None, api="hush\n"), "begins or ends with white space"),
        (a_secret("provider", uid=None, api='"hush"'), "begins or ends with a quote"),
    ],
    ids=["missing", "wrong key", "no data", "empty", "newline", "quotes"],
)
def test_a_bad_secret_of_a_user_is_told_with_a_remedy(secret: Manifest | None, words: str) -> None:
    found = fault(a_stack(token=SECRET_REF), users=secret)

    assert words in found.message
    assert "--from-literal=api=TOKEN" in found.message
    assert (found.reason, found.condition) == ("TokenInvalid", "TokenInvalid")
    assert "hush" not in found.message


def test_a_made_token_is_told_from_others_by_its_id() -> None:
    chosen = choose(a_stack(), a_secret(token="secret", id="first"))

    assert chosen == Token("shop-token", "token", id="first", generated=True)


def test_a_made_token_may_have_lost_its_id() -> None:
    chosen = choose(a_stack(), a_secret(token="secret"))

    assert chosen == Token("shop-token", "token", id=None, generated=True)


@pytest.mark.parametrize(
    "data",
    [{}, {"token": ""}, {"token": "hush\n"}],
    ids=["no token", "an empty token", "a token with a line break"],
)
def test_a_made_token_that_somebody_spoiled_is_told_with_a_remedy(data: dict[str, str]) -> None:
    found = fault(a_stack(), a_secret(**data))

    assert found.condition == "TokenInvalid"
    assert f"{RENEW}=" in found.message
    assert "hush" not in found.message


def a_changed_secret(**data: str) -> Manifest:
    """One whose token was made as `hush-before`, if nothing else is said."""
    own = TokenSecret.of(a_secret(token="hush-before", id="first"))
    return a_secret(**{"token": "hush-now", "id": "first", "digest": digest_of(own)} | data)


def digest_of(own: TokenSecret) -> str:
    return own.current.sealed("key").digest or ""


@pytest.mark.parametrize(
    "data",
    [{}, {"token": "hush-before", "id": "second"}],
    ids=["the token is another", "the id is another"],
)
def test_a_token_that_somebody_changed_while_antaeus_runs_is_told(data: dict[str, str]) -> None:
    found = fault(a_stack(), a_changed_secret(**data))

    assert (found.reason, found.condition) == ("TokenChanged", "TokenInvalid")
    assert f"{RENEW}=" in found.message
    assert "kubectl delete -n payments secret shop-token && kubectl annotate" in found.message
    assert "hush" not in found.message


def test_a_changed_copy_is_made_again_from_the_users_secret() -> None:
    users = a_secret("provider", uid=None, api="hush-before")
    found = fault(a_stack(token=SECRET_REF), a_changed_secret(source="user"), users)

    assert "made again from your Secret: kubectl delete" in found.message
    assert RENEW not in found.message


def test_a_token_that_is_as_it_was_made_is_used() -> None:
    assert isinstance(choose(a_stack(), a_changed_secret(token="hush-before")), Token)


def test_a_token_that_somebody_changed_while_no_antaeus_runs_is_used() -> None:
    assert isinstance(choose(a_stack(), a_changed_secret(), antaeus=None), Token)


def test_a_foreign_secret_of_the_name_is_not_used() -> None:
    found = fault(a_stack(), a_secret(uid=None, token="secret"))

    assert found.condition == "NameConflict"
    assert "secretRef" in found.message


def test_a_secret_of_an_earlier_stack_is_waited_for() -> None:
    with pytest.raises(Waiting):
        choose(a_stack(), a_secret(uid="earlier", token="secret"), antaeus=None)


def test_where_no_antaeus_runs_a_token_is_made() -> None:
    assert isinstance(choose(a_stack(), antaeus=None), MakeToken)


def test_where_antaeus_runs_a_lost_token_is_not_replaced() -> None:
    found = fault(a_stack())

    assert found.condition == "TokenLost"
    assert f"bst shop {RENEW}=" in found.message


def test_a_lost_token_is_replaced_on_request() -> None:
    asking = a_stack(annotations={RENEW: "1"})

    assert isinstance(choose(asking), MakeToken)


def test_a_request_that_was_met_is_no_request_any_more() -> None:
    met = a_stack(annotations={RENEW: "1"}, status={"token": {"lastHandledRenew": "1"}})

    assert fault(met).condition == "TokenLost"


def test_a_further_request_is_one() -> None:
    again = a_stack(annotations={RENEW: "2"}, status={"token": {"lastHandledRenew": "1"}})

    assert isinstance(choose(again), MakeToken)


def test_taking_a_request_back_is_none() -> None:
    assert fault(a_stack(status={"token": {"lastHandledRenew": "1"}})).condition == "TokenLost"
