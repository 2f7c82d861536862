"""Writes OpenAPI 3.1 from the operations of an application and the types of what they tell."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from pydantic import TypeAdapter

from payment_service import __version__
from payment_service.api.queries import Parameter
from payment_service.profile.schema import Generator

Document = dict[str, Any]

JSON = "application/json"
_VALIDATION: Literal["validation"] = "validation"
_REFERENCE = "#/components/schemas/{model}"


@dataclass(frozen=True, slots=True)
class ResponseDoc:
    """One answer of an operation."""

    when: str
    """When it is given."""
    body: type | None
    """The type of its body; None: no JSON."""
    content_type: str = JSON
    headers: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Operation:
    """One method of one path."""

    method: str
    path: str
    summary: str
    answers: Mapping[int, ResponseDoc]
    query: tuple[Parameter, ...] = ()
    headers: tuple[Parameter, ...] = ()
    names: tuple[Parameter, ...] = ()
    """What the path has in braces."""
    body: type | None = None
    open_to_all: bool = False


@dataclass(frozen=True, slots=True)
class Interface:
    """All that an application takes, and the scheme by which its callers are known."""

    title: str
    description: str
    operations: tuple[Operation, ...]
    security: Mapping[str, Any]


def openapi(interface: Interface) -> Document:
    """Returns the document."""
    types = _types(interface.operations)
    inputs = [(kind, _VALIDATION, TypeAdapter[Any](kind)) for kind in types]
    schemas, definitions = TypeAdapter.json_schemas(
        inputs, schema_generator=Generator, ref_template=_REFERENCE
    )
    by_type = {kind: schemas[kind, _VALIDATION] for kind in types}
    components = definitions.get("$defs", {})
    for schema in components.values():
        schema.pop("title", None)
    paths: Document = {}
    for operation in interface.operations:
        method = operation.method.lower()
        paths.setdefault(operation.path, {})[method] = _operation(operation, by_type)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": interface.title,
            "description": interface.description,
            "version": __version__,
        },
        "security": [{"token": []}],
        "paths": paths,
        "components": {"schemas": components, "securitySchemes": {"token": interface.security}},
    }


def openapi_bytes(interface: Interface) -> bytes:
    """Returns it as it is served."""
    return json.dumps(openapi(interface)).encode()


def _types(operations: Iterable[Operation]) -> list[type]:
    types: dict[type, None] = {}
    for operation in operations:
        bodies = (operation.body, *(response.body for response in operation.answers.values()))
        types |= dict.fromkeys(kind for kind in bodies if kind is not None)
    return list(types)


def _operation(operation: Operation, by_type: Mapping[type, Document]) -> Document:
    parameters = [
        {
            "name": parameter.name,
            "in": place,
            "required": place == "path",
            "description": parameter.means,
            "schema": dict(parameter.schema),
        }
        for place, of in (
            ("path", operation.names),
            ("query", operation.query),
            ("header", operation.headers),
        )
        for parameter in of
    ]
    written: Document = {
        "summary": operation.summary,
        "operationId": _name(operation),
        "parameters": parameters,
        "responses": {
            str(status): _answer(response, by_type)
            for status, response in sorted(operation.answers.items())
        },
    }
    if operation.body is not None:
        content = {JSON: {"schema": by_type[operation.body]}}
        written["requestBody"] = {"required": True, "content": content}
    if operation.open_to_all:
        written["security"] = []
    return written


def _answer(response: ResponseDoc, by_type: Mapping[type, Document]) -> Document:
    schema = {} if response.body is None else by_type[response.body]
    headers = {name: {"schema": {"type": "string"}} for name in response.headers}
    return {
        "description": response.when,
        "headers": headers,
        "content": {response.content_type: {"schema": schema}},
    }


def _name(operation: Operation) -> str:
    words = operation.path.strip("/").replace("{", "").replace("}", "").replace(".", "/")
    return "_".join((operation.method.lower(), *words.split("/"))).rstrip("_")
