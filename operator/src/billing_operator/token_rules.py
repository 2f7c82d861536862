"""Decides which token a stack uses, or says why it has none."""

import base64
import binascii
import re

from billing_operator.errors import SpecError
from billing_operator.inputs import Token
from billing_operator.kinds import Manifest
from billing_operator.names import (
    RENEW_TOKEN,
    TOKEN_ID_KEY,
    TOKEN_KEY,
    token_secret_name,
)
from billing_operator.ownership import refuse_foreign
from billing_operator.spec import SecretRef, Stack

MOST_BYTES = 4096
# What an HTTP header carries as it stands; payment has the same rule.
_HEADER_SAFE = re.compile(rb"[\x20-\x7e]+\Z")


class MakeToken:
    """There is no token, and nothing is harmed by making one."""


def secret_name(stack: Stack) -> str:
    """The Secret that holds the stack's token."""
    return stack.secret_ref.name if stack.secret_ref else token_secret_name(stack.name)


def choose_token(stack: Stack, secret: Manifest | None, *, antaeus_runs: bool) -> Token | MakeToken:
    """The token to use, or the word that one is to be made.

    Raises:
        SpecError: a person must act first; running pods stay as they are meanwhile.
    """
    if stack.secret_ref:
        return _users_token(stack.namespace, stack.secret_ref, secret)
    if secret is not None:
        return _generated_token(stack, secret)
    return _absent_token(stack, antaeus_runs=antaeus_runs)


def _users_token(namespace: str, ref: SecretRef, secret: Manifest | None) -> Token:
    remedy = (
        f"kubectl create secret generic -n {namespace} {ref.name} --from-literal={ref.key}=TOKEN "
        "--dry-run=client -o yaml | kubectl apply -f -"
    )
    if secret is None:
        raise _invalid(f"spec.token.secretRef: there is no Secret {ref.name}; make it: {remedy}")
    data = secret.get("data") or {}
    if ref.key not in data:
        there = ", ".join(sorted(data)) or "none"
        raise _invalid(
            f"spec.token.secretRef: Secret {ref.name} has no key {ref.key} (keys: {there}); "
            f"name one of them in secretRef.key, or add it: {remedy}"
        )
    if fault := token_fault(data[ref.key]):
        raise _invalid(
            f"spec.token.secretRef: key {ref.key} of Secret {ref.name} {fault}; {remedy}"
        )
    return Token(ref.name, ref.key, id=None, generated=False)


def _generated_token(stack: Stack, secret: Manifest) -> Token:
    name = secret["metadata"]["name"]
    refuse_foreign(
        stack, secret, remedy="use it by spec.token.secretRef, or remove it so that one is made"
    )
    data = secret.get("data") or {}
    if fault := token_fault(data.get(TOKEN_KEY, "")):
        raise _invalid(
            f"key {TOKEN_KEY} of Secret {name} {fault}; put the earlier token back, or let another "
            f"be made: scale Antaeus to 0 (spec.antaeus.replicas), then delete the Secret"
        )
    token_id = base64.b64decode(data.get(TOKEN_ID_KEY, "")).decode("ascii", "replace")
    return Token(name, TOKEN_KEY, id=token_id or None, generated=True)


def _absent_token(stack: Stack, *, antaeus_runs: bool) -> MakeToken:
    known = stack.status.get("token") or {}
    asked = stack.renew_token is not None and stack.renew_token != known.get("renewed")
    if antaeus_runs and not asked:
        raise SpecError(
            "TokenLost",
            f"Secret {token_secret_name(stack.name)} is gone while Antaeus runs with its token. "
            "Put the Secret back from a backup, or let another token be made, which restarts "
            "Antaeus, and that forgets all payments: kubectl annotate --overwrite "
            f'-n {stack.namespace} bst {stack.name} {RENEW_TOKEN}="$(date +%s)"',
            condition="TokenLost",
        )
    return MakeToken()


def token_fault(encoded: str) -> str | None:
    """What is wrong with a token as Secrets hold it (base64), or None; never tells the token."""
    try:
        token = base64.b64decode(encoded, validate=True)
    except (binascii.Error, ValueError):
        return "is no base64"
    if not token:
        return "is empty"
    if len(token) > MOST_BYTES:
        return f"is longer than {MOST_BYTES} bytes"
    if token != token.strip():
        return "begins or ends with white space, often a newline (use printf, not echo)"
    if token[:1] in (b'"', b"'") or token[-1:] in (b'"', b"'"):
        return "begins or ends with a quote, which would be sent as part of it"
    return None if _HEADER_SAFE.match(token) else "has bytes that an HTTP header can't carry"


def _invalid(message: str) -> SpecError:
    return SpecError("TokenInvalid", message, condition="TokenInvalid")
