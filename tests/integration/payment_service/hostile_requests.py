"""What hostile callers send to both ports, and what must hold while they do."""

import json
import os
import socket
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from urllib.parse import quote

from hypothesis import strategies as st

METHODS = ("GET", "POST", "PUT", "DELETE", "PATCH", "HEAD", "OPTIONS", "TRACE", "BREW", "")
PATHS = (
    *("/", "/api/v1/charge", "/health", "/ping", "/openapi.json", "/v1/profile", "/v1/faults"),
    *("/v1/faults/outage", "/v1/reset", "/v1/ledger", "/v1/ledger/bookings", "/v1/journal"),
    *("/v1/journal/count", "/v1/duplicates", "/v1/schema", "/v1/openapi.json"),
)
HEADERS = (
    *("X-Token", "Authorization", "Content-Type", "Content-Length", "Transfer-Encoding", "Expect"),
    *("X-Charge-Attempt", "Idempotency-Key", "X-Request-Id", "Prefer", "Host", "Connection"),
    *("Content-Encoding", "Accept", "Upgrade"),
)

tokens = st.text(alphabet=st.characters(min_codepoint=0x20, max_codepoint=0x7E), max_size=20)
scalars = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(max_size=20),
    st.sampled_from([1e400, -0.0, "USD", "\ud800", "</script>", 2**63, 10**400]),
)
documents = st.recursive(
    scalars,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(
                [
                    "customer_id",
                    "currency",
                    "value",
                    "successRate",
                    "rules",
                    "fault",
                    "match",
                    "name",
                ]
            )
            | st.text(max_size=8),
            inner,
            max_size=5,
        )
    ),
    max_leaves=12,
)
charges = st.fixed_dictionaries(
    {
        "customer_id": st.integers(1, 5) | scalars,
        "currency": st.sampled_from(["USD", "DKK"]) | scalars,
        "value": st.integers(0, 3) | scalars,
    }
)
bodies = st.one_of(
    st.binary(max_size=200),
    (documents | charges).map(lambda document: json.dumps(document).encode("utf-8", "replace")),
    st.sampled_from([b"[" * 5000, b'{"a":' * 3000, b"\xef\xbb\xbf{}", b"9" * 5000, b" " * 20000]),
)
header_values = st.one_of(
    tokens, st.sampled_from(["chunked", "100-continue", "-1", "9" * 400, "close", "identity", ""])
)
queries = st.dictionaries(
    st.sampled_from(["limit", "since", "amount", "customer_id", "currency", "status", "x"]),
    st.text(max_size=12) | st.sampled_from(["1", "9" * 30, "2026-01-01T00:00:00Z", "1e9999999"]),
    max_size=3,
).map(lambda found: "&".join(f"{name}={quote(value, safe='')}" for name, value in found.items()))


@st.composite
def requests(draw: st.DrawFn, right: Mapping[str, str]) -> bytes:
    """A request as bytes, mostly spoiled somewhere; half of them with the `right` headers."""
    method = draw(st.sampled_from(METHODS) | tokens)
    path = draw(st.sampled_from(PATHS) | tokens.map(lambda text: "/" + quote(text)))
    query, body = draw(queries), draw(bodies)
    headers = draw(st.dictionaries(st.sampled_from(HEADERS) | tokens, header_values, max_size=3))
    if draw(st.booleans()):
        headers |= right
    if draw(st.integers(0, 9)):
        headers["Content-Length"] = str(len(body))
    if draw(st.integers(0, 9)):
        headers["Host"] = "payment"  # without it, nothing else would be looked at
    lines = [f"{method} {path}{'?' + query if query else ''} HTTP/1.1"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    head = "\r\n".join([*lines, "", ""]).encode("latin-1", "replace")
    return draw(st.sampled_from([head + body] * 9 + [body + head]))


def send(port: int, raw: bytes) -> int | None:
    """Sends a request on a connection of its own; its status, None where no answer was due.

    Nothing follows the request: the caller says that it is done, so what it left incomplete needs
    no answer.
    """
    with socket.create_connection(("127.0.0.1", port), timeout=10) as connection:
        with suppress(OSError):  # it may have been refused before its end
            connection.sendall(raw)
            connection.shutdown(socket.SHUT_WR)
        head = b""
        with suppress(ConnectionResetError):
            while b"\r\n" not in head and (more := connection.recv(4096)):
                head += more
        words = head.split(b" ", 2)
        return int(words[1]) if len(words) > 1 else None


def resident_mib(process: int | None = None) -> float:
    """The memory of a process that is not swapped out."""
    pages = int(Path(f"/proc/{process or os.getpid()}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


def thread_count(process: int) -> int:
    """How many threads a process has."""
    return len(list(Path(f"/proc/{process}/task").iterdir()))
