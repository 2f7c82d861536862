"""The REST interface, without a server."""

from collections.abc import Iterator

import pytest

from unit.billing_dev.antaeus.stand_in import StandIn, a_stand_in


@pytest.fixture
def antaeus() -> Iterator[StandIn]:
    with a_stand_in() as made:
        yield made


@pytest.mark.parametrize("path", ["/rest/health", "/REST/Health", "/rest/health/"])
def test_health_is_a_json_string(antaeus: StandIn, path: str) -> None:
    answered = antaeus.http.simulate_get(path)
    assert answered.status_code == 200
    assert answered.headers["content-type"] == "application/json"
    assert answered.json == "ok"


def test_an_invoice_has_the_shape_of_the_original(antaeus: StandIn) -> None:
    invoice = antaeus.invoices.all()[0]
    assert antaeus.http.simulate_get("/rest/v1/invoices/1").json == {
        "id": 1,
        "customerId": 1,
        "amount": {"value": invoice.value, "currency": "USD"},
        "status": "PAID",
    }


@pytest.mark.parametrize("path", ["/rest/v1/invoices", "/rest/V1/Invoices"])
def test_all_invoices_are_listed(antaeus: StandIn, path: str) -> None:
    listed = antaeus.http.simulate_get(path).json
    assert [invoice["id"] for invoice in listed] == list(range(1, 11))
    statuses = [invoice["status"] for invoice in listed]
    assert (statuses.count("PAID"), statuses.count("PENDING")) == (2, 8)


@pytest.mark.parametrize("path", ["/rest/v1/customers", "/rest/v1/Customers"])
def test_both_customers_are_listed(antaeus: StandIn, path: str) -> None:
    listed = antaeus.http.simulate_get(path).json
    assert listed == [{"id": 1, "currency": "USD"}, {"id": 2, "currency": "DKK"}]


def test_a_customer_is_found_by_id(antaeus: StandIn) -> None:
    assert antaeus.http.simulate_get("/rest/v1/customers/2").json == {"id": 2, "currency": "DKK"}


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/rest/v1/invoices/11"),
        ("GET", "/rest/v1/invoices/0"),
        ("GET", "/rest/v1/invoices/-1"),
        ("GET", "/rest/v1/customers/3"),
        ("GET", "/rest"),
        ("GET", "/"),
        ("POST", "/rest/health"),
        ("DELETE", "/rest/v1/invoices/1"),
        ("PUT", "/rest/v1/invoices/pay"),
    ],
)
def test_what_is_not_there_is_not_found(antaeus: StandIn, method: str, path: str) -> None:
    answered = antaeus.http.simulate_request(method, path)
    assert (answered.status_code, answered.json) == (404, "not found")


@pytest.mark.parametrize(
    "path",
    [
        "/rest/v1/invoices/one",
        "/rest/v1/invoices/1.0",
        "/rest/v1/invoices/2147483648",
        "/rest/v1/invoices/pay",
        "/rest/v1/customers/x",
    ],
)
def test_an_id_that_is_no_number_is_an_error_without_words(antaeus: StandIn, path: str) -> None:
    answered = antaeus.http.simulate_get(path)
    assert (answered.status_code, answered.content) == (500, b"")
    assert antaeus.log == [{"event": "error", "method": "GET", "path": path, "error": "ValueError"}]


def test_the_pay_path_may_be_in_any_letter_case() -> None:
    with a_stand_in(invoices=0) as antaeus:
        answered = antaeus.http.simulate_post("/REST/v1/Invoices/PAY")
        assert (answered.status_code, answered.json) == (200, True)
        assert answered.headers["content-type"] == "application/json"
