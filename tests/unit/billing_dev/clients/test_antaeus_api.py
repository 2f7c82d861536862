import json

import pytest

from billing_dev.clients.antaeus_api import AntaeusError, NotAntaeusError, antaeus_said

PAY = "/rest/v1/invoices/pay"
NO_POD = json.dumps({"kind": "Status", "status": "Failure", "code": 500}).encode()


@pytest.mark.parametrize(
    ("body", "paid"), [(b"true", True), (b"false", False)], ids=["all are paid", "some are not"]
)
def test_what_antaeus_says_of_a_pay_call_is_taken(body: bytes, *, paid: bool) -> None:
    assert antaeus_said(PAY, 200, body, bool) is paid


@pytest.mark.parametrize(
    ("status", "body"),
    [(500, b""), (500, b"Internal server error"), (404, b'"not found"')],
    ids=["a batch that broke off", "the same in words", "a path that is not there"],
)
def test_what_antaeus_could_not_do_is_told_apart(status: int, body: bytes) -> None:
    with pytest.raises(AntaeusError, match=f"{PAY} answered {status}") as caught:
        antaeus_said(PAY, status, body, bool)

    assert not isinstance(caught.value, NotAntaeusError)


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (500, NO_POD),
        (503, NO_POD),
        (502, b"bad gateway"),
        (403, b'{"result": "false"}'),
        (401, b"Unauthorized"),
        (200, b'{"result": "true"}'),
        (200, b'"ok"'),
        (200, b"<html>"),
        (200, b""),
    ],
    ids=[
        "the API server, of a pod that is gone",
        "the API server, of a service without pods",
        "a gateway",
        "payment, to a call without a token",
        "another program that knows no such caller",
        "payment, in answer to a charge",
        "an answer to something else",
        "a page",
        "nothing at all",
    ],
)
def test_whatever_does_not_come_from_antaeus_is_no_answer(status: int, body: bytes) -> None:
    with pytest.raises(NotAntaeusError):
        antaeus_said(PAY, status, body, bool)
