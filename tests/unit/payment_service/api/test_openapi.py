"""The OpenAPI documents of both applications: complete, valid, and served."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from payment_service.api import charge_schema, control_schema
from payment_service.api.control_orders import FaultOrder
from payment_service.api.openapi import Interface, openapi
from payment_service.profile.schema import schema
from payment_service.state.values import Kept
from support.payment.control import OUTAGE, Control, a_controlled_service
from support.payment.service import TOKEN, Caller, a_request, get

METHODS = ("GET", "PUT", "POST", "DELETE", "PATCH", "HEAD", "OPTIONS", "TRACE")
INTERFACES = [charge_schema.INTERFACE, control_schema.INTERFACE]

both = pytest.mark.parametrize("interface", INTERFACES, ids=lambda one: one.title)


def nodes(node: Any) -> Iterator[dict[str, Any]]:
    if isinstance(node, dict):
        yield node
    for member in node.values() if isinstance(node, dict) else node:
        if isinstance(member, dict | list):
            yield from nodes(member)


def test_both_documents_are_served_as_they_are_made(tmp_path: Path) -> None:
    with a_controlled_service(tmp_path) as (service, control):
        assert get(service.charges.number, "/openapi.json").json == openapi(INTERFACES[0])
        assert control.get("/v1/openapi.json") == openapi(INTERFACES[1])
        assert control.get("/v1/schema") == schema()


@both
def test_every_schema_is_one_and_every_reference_leads_somewhere(interface: Interface) -> None:
    document = openapi(interface)
    schemas = document["components"]["schemas"]

    for part in schemas.values():
        Draft202012Validator.check_schema(part)
    references = {node["$ref"] for node in nodes(document) if isinstance(node.get("$ref"), str)}
    assert references <= {f"#/components/schemas/{name}" for name in schemas}
    names = [
        operation["operationId"] for operation in nodes(document) if "operationId" in operation
    ]
    assert len(set(names)) == len(names) == len(interface.operations)


def test_the_applications_take_what_the_documents_say_and_nothing_else(tmp_path: Path) -> None:
    with a_controlled_service(tmp_path) as (service, control):
        ports = (service.charges.number, control.port)
        for interface, port in zip(INTERFACES, ports, strict=True):
            documented = {(each.method, each.path) for each in interface.operations}
            # HEAD goes without saying wherever GET is had.
            documented |= {("HEAD", path) for method, path in documented if method == "GET"}
            for path in {path for _, path in documented}:
                for method in METHODS:
                    status = status_of(control, port, method, path.replace("{name}", "x"))
                    assert ((method, path) in documented) == (status != 405), (method, path, status)


def test_what_callers_do_wrong_on_the_control_port_is_in_its_document(tmp_path: Path) -> None:
    """schemathesis asks with the right token, by the methods that there are, and not too often."""
    with a_controlled_service(tmp_path) as (service, control):
        stranger = Control(control.port, "wrong")
        for number in range(Kept().faults):
            service.state.set_fault(f"f{number}", "{}", None)
        for each in control_schema.INTERFACE.operations:
            if each.open_to_all:
                continue
            path = each.path.replace("{name}", "one-more")
            answers = {401: stranger.ask(each.method, path), 405: control.ask("PATCH", path)}
            if each.body is FaultOrder:
                answers[409] = control.ask(each.method, path, OUTAGE)
            for status, answer in answers.items():
                assert answer.status == status
                headers = {name.lower() for name in each.answers[status].headers}
                assert headers <= set(answer.headers), (each.path, status)


def status_of(control: Any, port: int, method: str, path: str) -> int:
    if port == control.port:
        return int(control.ask(method, path).status)
    with Caller(port) as caller:
        request = a_request(token=TOKEN, path=path).replace(b"POST", method.encode(), 1)
        if method != "HEAD":
            return caller.ask(request).status
        caller.send(request)
        return int(caller.socket.recv(12).split()[1])


def test_the_profile_is_the_same_in_the_document_and_in_its_schema() -> None:
    parts = openapi(control_schema.INTERFACE)["components"]["schemas"]

    for name, part in schema()["$defs"].items():
        assert set(parts[name].get("properties", {})) == set(part.get("properties", {})), name
    assert set(parts["Profile"]["properties"]) == set(schema()["properties"])
