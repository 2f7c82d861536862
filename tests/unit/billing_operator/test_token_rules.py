"""Which token a stack uses, row by row, and what a person is told where there is none."""

import base64

import pytest

from billing_operator.errors import SpecError, Waiting
from billing_operator.inputs import Token
from billing_operator.kinds import Manifest
from billing_operator.spec import Stack
from billing_operator.token_rules import MakeToken, choose_token, secret_name, token_fault
from support.builders import a_secret, a_stack

RENEW = "billing.antaeus.io/renew-token"
SECRET_REF = {"secretRef": {"name": "provider", "key": "api"}}


def encoded(token: bytes) -> str:
    return base64.b64encode(token).decode()


def fault(stack: Stack, secret: Manifest | None, *, antaeus_runs: bool = True) -> SpecError:
    with pytest.raises(SpecError) as caught:
        choose_token(stack, secret, antaeus_runs=antaeus_runs)
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


def test_a_stack_uses_the_secret_that_it_names_or_one_of_its_own() -> None:
    assert secret_name(a_stack()) == "shop-token"
    assert secret_name(a_stack(token=SECRET_REF)) == "provider"


def test_a_users_token_is_taken_as_it_is() -> None:
    secret = a_secret("provider", uid=None, api="secret")
    chosen = choose_token(a_stack(token=SECRET_REF), secret, antaeus_runs=True)

    assert chosen == Token("provider", "api", id=None, generated=False)


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
    found = fault(a_stack(token=SECRET_REF), secret)

    assert words in found.message
    assert "--from-literal=api=TOKEN" in found.message
    assert (found.reason, found.condition) == ("TokenInvalid", "TokenInvalid")
    assert "hush" not in found.message


def test_a_made_token_is_told_from_others_by_its_id() -> None:
    chosen = choose_token(a_stack(), a_secret(token="secret", id="first"), antaeus_runs=True)

    assert chosen == Token("shop-token", "token", id="first", generated=True)


def test_a_made_token_may_have_lost_its_id() -> None:
    chosen = choose_token(a_stack(), a_secret(token="secret"), antaeus_runs=True)

    assert chosen == Token("shop-token", "token", id=None, generated=True)


@pytest.mark.parametrize("data", [{}, {"token": ""}, {"token": "hush\n"}])
def test_a_made_token_that_somebody_spoiled_is_told_with_a_remedy(data: dict[str, str]) -> None:
    found = fault(a_stack(), a_secret(**data))

    assert found.condition == "TokenInvalid"
    assert "spec.antaeus.replicas" in found.message
    assert "hush" not in found.message


def test_a_foreign_secret_of_the_name_is_not_used() -> None:
    found = fault(a_stack(), a_secret(uid=None, token="secret"))

    assert found.condition == "NameConflict"
    assert "secretRef" in found.message


def test_a_secret_of_an_earlier_stack_is_waited_for() -> None:
    with pytest.raises(Waiting):
        choose_token(a_stack(), a_secret(uid="earlier", token="secret"), antaeus_runs=False)


def test_where_no_antaeus_runs_a_token_is_made() -> None:
    assert isinstance(choose_token(a_stack(), None, antaeus_runs=False), MakeToken)


def test_where_antaeus_runs_a_lost_token_is_not_replaced() -> None:
    found = fault(a_stack(), None)

    assert found.condition == "TokenLost"
    assert f"bst shop {RENEW}=" in found.message


def test_a_lost_token_is_replaced_on_request() -> None:
    asking = a_stack(annotations={RENEW: "1"})

    assert isinstance(choose_token(asking, None, antaeus_runs=True), MakeToken)


def test_a_request_that_was_met_is_no_request_any_more() -> None:
    met = a_stack(annotations={RENEW: "1"}, status={"token": {"renewed": "1"}})

    assert fault(met, None).condition == "TokenLost"


def test_a_further_request_is_one() -> None:
    again = a_stack(annotations={RENEW: "2"}, status={"token": {"renewed": "1"}})

    assert isinstance(choose_token(again, None, antaeus_runs=True), MakeToken)


def test_taking_a_request_back_is_none() -> None:
    assert fault(a_stack(status={"token": {"renewed": "1"}}), None).condition == "TokenLost"
