import pytest

from billing_dev.antaeus.answers import NoResultError, says_paid


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(b'{"result":true}', id="boolean"),
        pytest.param(b'{"result":"true"}', id="word"),
        pytest.param(b'{"result":"TRUE"}', id="capitals"),
        pytest.param(b'{"error":"none","result":"True"}', id="among others"),
        pytest.param(b' \r\n{"result":true} and more', id="with things around it"),
    ],
)
def test_a_true_result_means_paid(body: bytes) -> None:
    assert says_paid(body) is True


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(b'{"result":false}', id="boolean"),
        pytest.param(b'{"result":"false"}', id="word"),
        pytest.param(b'{"result":"FALSE"}', id="capitals"),
    ],
)
def test_a_false_result_means_declined(body: bytes) -> None:
    assert says_paid(body) is False


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(b"", id="empty"),
        pytest.param(b"Forbidden", id="plain text"),
        pytest.param(b"<html></html>", id="HTML"),
        pytest.param(b"true", id="bare boolean"),
        pytest.param(b'[{"result":true}]', id="list"),
        pytest.param(b"null", id="null"),
        pytest.param(b'{"alive":"true"}', id="other JSON"),
        pytest.param(b'{"Result":true}', id="key in other case"),
        pytest.param(b'{"result":null}', id="null result"),
        pytest.param(b'{"result":1}', id="number"),
        pytest.param(b'{"result":"yes"}', id="other word"),
        pytest.param(b'{"result":tr', id="broken off"),
        pytest.param(b'\xef\xbb\xbf{"result":true}', id="byte order mark"),
        pytest.param(b"\xff\xfe", id="no UTF-8"),
    ],
)
def test_anything_else_is_no_result(body: bytes) -> None:
    with pytest.raises(NoResultError):
        says_paid(body)
