"""PURE: reads what a payment service answered, the way Antaeus does.

Neither the status nor the content type is looked at. Antaeus reads with org.json, which also takes
JSON with loose quoting; no payment service is known to send that, so it is not imitated.
"""

import json

_DECODER = json.JSONDecoder()


class NoResultError(ValueError):
    """The answer does not say whether the charge was made."""


def says_paid(body: bytes) -> bool:
    """Returns what the answer's `result` says, as a boolean or as a word in any letter case."""
    match _result(body):
        case bool() as said:
            return said
        case str() as word if word.lower() in ("true", "false"):
            return word.lower() == "true"
    raise NoResultError


def _result(body: bytes) -> object:
    text = body.decode("utf-8", errors="replace").lstrip(" \t\r\n")
    try:
        # What follows the first document is ignored, as org.json does.
        document, _ = _DECODER.raw_decode(text)
    except ValueError as error:
        raise NoResultError from error
    return document.get("result") if isinstance(document, dict) else None
