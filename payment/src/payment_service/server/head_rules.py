"""What HTTP asks of a head that waitress does not look at (RFC 9110 and RFC 9112).

waitress joins lines of the same name, takes any version and any Host, and reads some heads in time
that grows with the square of their length: 32 KB hold up the whole process for a minute. So what
it is to read is looked at first, by patterns that need no second try, and what it has read again.
"""

import re
from collections import Counter
from http import HTTPStatus
from typing import Any

_TOKEN = rb"[!#$%&'*+\-.^_`|~0-9A-Za-z]+"
_REQUEST_LINE = re.compile(_TOKEN + rb" [!-~\x80-\xff]+ HTTP/([0-9]\.[0-9])[ \t]*\r\n")
_NAME = re.compile(rb"\r\n(" + _TOKEN + rb"):")
_LONG_SPACE_BEFORE_VALUE = re.compile(rb"(\r\n[^:\r\n]*:)[ \t]{2,}")
_CODINGS = re.compile(rb"\r\ntransfer-encoding:([^\r\n]*)")
_HOST = re.compile(
    r"(\[[0-9A-Fa-f:.]+\]|([A-Za-z0-9._~!$&'()*+,;=-]++|%[0-9A-Fa-f]{2})*+)(:[0-9]*)?"
)
_DIGITS = re.compile(r"[0-9]+")
_CONTINUE = "100-continue"
_NONE: frozenset[str] = frozenset()
# The request line, and the empty one behind the head.
_LINES_WITHOUT_NAME = 2


class HeadRefusedError(Exception):
    """A head that HTTP forbids, or that this server need not take."""

    def __init__(self, status: HTTPStatus, detail: str) -> None:
        super().__init__(detail)
        self.status = status
        self.detail = detail


def check(raw: bytes) -> None:
    """Looks at a head before waitress does; raises HeadRefusedError."""
    line = _REQUEST_LINE.match(raw)
    if line is None:
        raise _bad_request("the request line is not of the form 'GET /path HTTP/1.1'")
    if line[1] not in (b"1.1", b"1.0"):
        status = HTTPStatus.HTTP_VERSION_NOT_SUPPORTED
        raise HeadRefusedError(status, "only HTTP/1.1 and HTTP/1.0 are spoken here")
    if b"\r\n " in raw or b"\r\n\t" in raw:
        raise _bad_request("a header goes on in the next line, which is obsolete")
    in_small_letters = raw.lower()
    if b"\r\ntransfer-encoding:" in in_small_letters:
        _check_codings(_CODINGS.findall(in_small_letters), line[1])


def without_long_space(raw: bytes) -> bytes:
    """Returns a head that means the same, in which waitress finds the values at once."""
    if b":  " in raw or b":\t" in raw or b": \t" in raw:
        return _LONG_SPACE_BEFORE_VALUE.sub(rb"\1 ", raw)
    return raw


def repeated_headers(raw: bytes, parser: Any) -> frozenset[str]:
    """Returns which names a head has more than once, in small letters; raises HeadRefusedError."""
    if raw.count(b"\r\n") == len(parser.headers) + _LINES_WITHOUT_NAME:
        return _NONE  # most of the time; the names take longer
    counts = Counter(_NAME.findall(raw.lower()))
    repeated = frozenset(name.decode() for name, count in counts.items() if count > 1)
    for name in ("host", "content-length"):
        if name in repeated:
            raise _bad_request(f"{name.title()} stands there twice")
    return repeated


def follow_meaning(parser: Any) -> bool:
    """Looks at what waitress has read, and corrects it; raises HeadRefusedError.

    Tells whether nothing may be read behind this request, since others may see its end elsewhere.
    """
    headers, new = parser.headers, parser.version == "1.1"
    host = headers.get("HOST")
    if host is None and new:
        raise _bad_request("Host is missing")
    if host is not None and not _HOST.fullmatch(host):
        raise _bad_request("Host is not a name or an address, with or without a port")
    if new and "EXPECT" in headers:
        _follow_expectation(parser, headers["EXPECT"])
    wishes = headers.get("CONNECTION", "")
    if "," in wishes:
        headers["CONNECTION"] = _one_wish(wishes)
    length = headers.get("CONTENT_LENGTH")
    if not parser.chunked or length is None:
        return False
    if not _DIGITS.fullmatch(length):
        raise _bad_request("Content-Length is invalid")
    headers["CONNECTION"] = "close"
    return True


def _check_codings(lines: list[bytes], version: bytes) -> None:
    if version == b"1.0":
        raise _bad_request("Transfer-Encoding is not of HTTP/1.0")
    codings = [coding.strip(b" \t") for coding in b",".join(lines).split(b",")]
    # What else there is, waitress refuses as unknown.
    if b"" in codings or codings.count(b"chunked") > 1:
        raise _bad_request("Transfer-Encoding must be chunked, once")


def _follow_expectation(parser: Any, expectation: str) -> None:
    expected = _options(expectation)
    if not expected <= {_CONTINUE}:
        status = HTTPStatus.EXPECTATION_FAILED
        raise HeadRefusedError(status, f"Expect can be {_CONTINUE} alone")
    parser.expect_continue = bool(expected)


def _one_wish(wishes: str) -> str:
    """What several options of a connection come to; waitress knows only one at a time."""
    options = _options(wishes)
    known = [option for option in ("close", "keep-alive") if option in options]
    return known[0] if known else wishes


def _options(listed: str) -> set[str]:
    options = {option.strip(" \t").lower() for option in listed.split(",")}
    return options - {""}


def _bad_request(detail: str) -> HeadRefusedError:
    return HeadRefusedError(HTTPStatus.BAD_REQUEST, detail)
