"""The page on the control port, and what its browser is told about it."""

import base64
import re
from hashlib import sha256
from importlib.resources import files

PAGE = files("payment_service.api").joinpath("page.html").read_bytes()


def _hash_of(element: bytes) -> str:
    """Returns the one inline element of a kind as a content security policy names it."""
    [text] = re.findall(b"(?s)<%b>(.*?)</%b>" % (element, element), PAGE)
    return f"'sha256-{base64.b64encode(sha256(text).digest()).decode()}'"


# What is not in the page itself runs nowhere and goes nowhere: it holds a credential.
PAGE_HEADERS = (
    (
        "Content-Security-Policy",
        f"default-src 'none'; script-src {_hash_of(b'script')}; style-src {_hash_of(b'style')}; "
        "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    ),
    ("Referrer-Policy", "no-referrer"),
)
