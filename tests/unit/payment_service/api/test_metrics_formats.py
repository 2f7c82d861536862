"""Which format the metrics come in, whatever is asked for."""

from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from payment_service.service import Service
from support.cases import cases
from support.payment.service import Answer, Caller, a_head, a_service


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    with a_service(tmp_path_factory.mktemp("service")) as running:
        yield running


DEFAULT, NEWER, OPEN = "text/plain; version=0.0.4", "text/plain; version=1.0.0", "application/open"
ACCEPTED = {
    "*/*": DEFAULT,
    "text/plain": DEFAULT,
    "text/plain; version=0.0.4": DEFAULT,
    "text/plain; version=1.0.0": NEWER,
    'text/plain; version="1.0.0"': NEWER,
    'text/plain;version="1.0.0";escaping="allow-utf-8"': NEWER,
    "text/plain; version=1.0.0; escaping=nonsense": NEWER,
    'text/plain; version="1.0.0': DEFAULT,
    "text/plain; version=": DEFAULT,
    "text/plain; version=one": DEFAULT,
    "text/plain; version=1.x.0": DEFAULT,
    "text/plain; version=" + "9" * 5000: DEFAULT,
    "text/plain; version=9.9.9": DEFAULT,
    "text/plain; version=\xb2.0.0": DEFAULT,
    "application/openmetrics-text": OPEN,
    "application/openmetrics-text; version=1.0.0; charset=utf-8": OPEN,
    'application/openmetrics-text; version="1.0.0"': OPEN,
    "application/openmetrics-text; version=0.0.1": DEFAULT,
    "application/openmetrics-text; version=x, text/plain; version=1.0.0": NEWER,
    'a/b; c=",text/plain; version=x"': DEFAULT,
    ";;;,,,===": DEFAULT,
    "\xff\xfe": DEFAULT,
}


def metrics(service: Service, accept: str) -> Answer:
    head = a_head("GET /metrics HTTP/1.1", "Host: payment", f"Accept: {accept}")
    with Caller(service.ops.number) as caller:
        return caller.ask(head)


@pytest.mark.parametrize(("accept", "expected"), cases("{0} gets {1}", ACCEPTED.items()))
def test_metrics_come_in_the_format_that_was_understood(
    service: Service, accept: str, expected: str
) -> None:
    answer = metrics(service, accept)

    assert answer.status == 200
    assert answer.headers["content-type"].startswith(expected)
    assert b"payment_build_info" in answer.body


values = st.sampled_from(["1.0.0", "1.0", "1", "", "x.0.0", "dots", "values", "allow-utf-8", "0.1"])
parameters = st.builds(
    "{}{}{}{}".format,
    st.sampled_from(["version", "escaping", "charset", "q", "version ", ""]),
    st.sampled_from(["=", "==", "", ' = "']),
    values,
    st.sampled_from(["", '"', "\\", '";"', " "]),
)
ranges = st.builds(
    lambda kind, found: ";".join([kind, *found]),
    st.sampled_from(["text/plain", "application/openmetrics-text", "*/*", ""]),
    st.lists(parameters, max_size=4),
)
wishes = st.lists(ranges, max_size=4).map(",".join)


@settings(deadline=None, max_examples=200)
@given(wishes)
def test_no_wish_for_a_format_is_a_failure(service: Service, accept: str) -> None:
    assert metrics(service, accept).status == 200
