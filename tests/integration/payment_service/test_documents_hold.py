"""Both applications do what their OpenAPI says: schemathesis asks, over real sockets."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from schemathesis import Case, GenerationMode
from schemathesis.checks import CHECKS, load_all_checks

from payment_service.api import charge_schema, control_schema
from payment_service.api.charge_app import CHARGE_PATHS
from payment_service.api.openapi import Interface
from support.payment.control import CONTROL_TOKEN, a_controlled_service
from support.payment.documented_operations import (
    DocumentedOperation,
    label,
    operations,
    takes_anything,
)
from support.payment.service import TOKEN, log_lines

pytestmark = pytest.mark.thorough

EXAMPLES = 40
CHARGE_TOKEN = {"X-Token": TOKEN}
BEARER = {"Authorization": f"Bearer {CONTROL_TOKEN}"}

load_all_checks()
# What a schema cannot say: a name that stands twice, a whole number written as 1.0.
STRICTER = {
    *(("PUT", "/v1/profile"), ("PUT", "/v1/faults/{name}")),
    *(("POST", path) for path in CHARGE_PATHS),
}


@pytest.fixture(scope="module")
def charges(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    yield from address_of(tmp_path_factory.mktemp("charges"), control=False)


@pytest.fixture(scope="module")
def control(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Of a service of its own: what is set there would spoil charges, which is the point of it."""
    yield from address_of(tmp_path_factory.mktemp("control"), control=True)


def address_of(folder: Path, *, control: bool) -> Iterator[str]:
    with a_controlled_service(folder) as (service, caller):
        yield f"http://127.0.0.1:{caller.port if control else service.charges.number}"
    assert not [line for line in log_lines(folder) if "traceback" in line]


def inputs(interface: Interface) -> list[object]:
    """Every operation with good input and, if it takes any, with bad input."""
    return [
        pytest.param(operation, mode, id=f"{operation.label} {mode.value}")
        for operation in operations(interface)
        for mode in GenerationMode
        if mode is GenerationMode.POSITIVE or takes_anything(operation)
    ]


@pytest.mark.parametrize(("operation", "mode"), inputs(charge_schema.INTERFACE))
def test_the_charge_port_keeps_its_document(
    charges: str, operation: DocumentedOperation, mode: GenerationMode
) -> None:
    hold(operation, mode, charges, CHARGE_TOKEN)


@pytest.mark.parametrize(("operation", "mode"), inputs(control_schema.INTERFACE))
def test_the_control_port_keeps_its_document(
    control: str, operation: DocumentedOperation, mode: GenerationMode
) -> None:
    hold(operation, mode, control, BEARER)


def hold(
    operation: DocumentedOperation, mode: GenerationMode, address: str, token: dict[str, str]
) -> None:
    left_out = {"positive_data_acceptance"} if label(operation) in STRICTER else set()
    if operation.query:  # a bad parameter may be an empty list, which is sent as nothing at all
        left_out.add("negative_data_rejection")
    checks: list[Any] = [
        CHECKS.get_one(name) for name in CHECKS.get_all_names() if name not in left_out
    ]

    @settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck))
    @given(operation.as_strategy(generation_mode=mode))
    def keeps_it(case: Case[Any]) -> None:
        case.call_and_validate(base_url=address, headers=token, checks=checks, timeout=10)

    keeps_it()
