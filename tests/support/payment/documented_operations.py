"""The operations of an OpenAPI document as schemathesis sees them."""

from typing import Any, TypeAlias

import schemathesis
from schemathesis.core.result import Ok
from schemathesis.schemas import APIOperation

from payment_service.api.openapi import Interface, openapi

DocumentedOperation: TypeAlias = APIOperation[Any, Any, Any, Any]


def operations(interface: Interface) -> list[DocumentedOperation]:
    """All of them; fails if the document is none.

    Without their token, which is sent with each call, whatever schemathesis makes of it.
    """
    document = openapi(interface)
    del document["security"], document["components"]["securitySchemes"]
    found = list(schemathesis.openapi.from_dict(document).get_all_operations())
    good = [each.ok() for each in found if isinstance(each, Ok)]
    assert len(good) == len(found) == len(interface.operations)
    return good


def takes_anything(operation: DocumentedOperation) -> bool:
    """Whether there is something about it that can be wrong."""
    parts = (operation.body, operation.query, operation.headers, operation.path_parameters)
    return any(parts)


def label(operation: DocumentedOperation) -> tuple[str, str]:
    """Its method and path."""
    return operation.method.upper(), operation.path
