"""The parts of one operator, put together; that they work together is tested on a cluster."""

import base64

from kubernetes.aio.client import ApiClient, Configuration

from billing_operator.kinds import BILLING_STACK
from billing_operator.settings import Settings
from billing_operator.token_rules import token_fault
from billing_operator.wiring import Operator, new_token
from support.builders import a_body


async def connect() -> ApiClient:
    return ApiClient(Configuration(host="http://127.0.0.1:1"))


def an_operator() -> Operator:
    settings = Settings(antaeus_image="a", payment_image="p", operator_namespace="billing-system")
    return Operator(settings, connect)


def test_a_new_token_is_a_good_one_and_never_the_same() -> None:
    tokens = {new_token() for _ in range(10)}

    assert len(tokens) == 10
    for token in tokens:
        assert len(token) >= 43
        assert token_fault(base64.b64encode(token.encode()).decode()) is None


async def test_what_is_seen_before_the_start_is_for_the_first_list_to_tell() -> None:
    operator = an_operator()
    operator.saw(BILLING_STACK, a_body(), deleted=False)
    await operator.resync()
    await operator.stop()
