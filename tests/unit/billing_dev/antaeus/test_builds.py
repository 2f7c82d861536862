import json

import pytest

from billing_dev.antaeus.builds import Build
from billing_dev.antaeus.invoices import Invoice


def an_invoice(cents: int) -> Invoice:
    return Invoice(7, customer_id=2, cents=cents, currency="DKK")


def test_tinjis_names_the_currency() -> None:
    body = Build.TINJIS.body(an_invoice(181_62))
    assert body == b'{"currency":"DKK","customer_id":2,"value":181.62}'


def test_pe_sends_an_empty_object_as_currency() -> None:
    body = Build.PE.body(an_invoice(181_62))
    assert body == b'{"currency":{},"customer_id":2,"value":181.62}'


@pytest.mark.parametrize(
    ("cents", "written"),
    [
        pytest.param(181_62, "181.62", id="two decimals"),
        pytest.param(181_60, "181.6", id="one decimal"),
        pytest.param(181_00, "181", id="whole"),
        pytest.param(500_00, "500", id="most"),
        pytest.param(10_01, "10.01", id="zero inside"),
    ],
)
def test_a_value_has_no_trailing_zeros(cents: int, written: str) -> None:
    assert Build.TINJIS.body(an_invoice(cents)).endswith(f'"value":{written}}}'.encode())


def test_an_amount_is_written_with_two_decimals_at_most() -> None:
    for cents in range(10_00, 500_01, 7):
        whole, _, rest = json.dumps(an_invoice(cents).value).partition(".")
        assert int(whole) * 100 + int(rest.ljust(2, "0")) == cents


def test_only_tinjis_sends_a_token() -> None:
    assert Build.TINJIS.headers("abc")["X-Token"] == "abc"
    assert "X-Token" not in Build.PE.headers("abc")


@pytest.mark.parametrize("build", Build)
def test_a_charge_is_json_without_charset_on_a_kept_connection(build: Build) -> None:
    headers = build.headers("abc")
    assert headers["Content-Type"] == "application/json"
    assert headers["Connection"] == "keep-alive"
