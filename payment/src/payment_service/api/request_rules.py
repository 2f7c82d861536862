"""What the applications make of a request's method and headers in the same way."""

from collections.abc import Callable
from typing import ClassVar

import falcon

from payment_service.server.heads import REPEATED

NO_CODING = ("Accept-Encoding", "identity")
"""The header with which a body in a content coding is refused."""
CODED = "Content-Encoding is not taken; send the body as it is"


class Route:
    """What answers on a path; HEAD is had wherever GET is."""

    on_head: ClassVar[Callable[..., None]]

    def __init_subclass__(cls) -> None:
        get = getattr(cls, "on_get", None)
        if get is not None:
            cls.on_head = get


def with_head(method: str) -> tuple[str, ...]:
    """Returns the methods that a path has by this one."""
    return ("GET", "HEAD") if method == "GET" else (method,)


def is_repeated(request: falcon.Request, name: str) -> bool:
    """Tells whether a header came in more than one line, which are joined; in small letters."""
    return name in request.env.get(REPEATED, ())


def flaw(request: falcon.Request, name: str) -> str:
    """Says what is wrong with a credential that lets nobody in; its header in small letters."""
    return "stands there twice" if is_repeated(request, name) else "is missing or wrong"


def is_json(content_type: str | None) -> bool:
    """Tells whether a body is JSON by its type; without one it is.

    Parameters are not looked at: JSON is UTF-8 whatever a charset says.
    """
    if content_type is None or content_type == "application/json":
        return True
    return content_type.partition(";")[0].strip().lower() in ("application/json", "")


def is_coded(request: falcon.Request) -> bool:
    """Tells whether a body is compressed, or in any other content coding."""
    codings = request.env.get("HTTP_CONTENT_ENCODING")
    if codings is None:
        return False
    return any(each.strip().lower() not in ("identity", "") for each in codings.split(","))
