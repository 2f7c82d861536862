"""Decides which token a stack uses, or says why it has none."""

import base64
import binascii
import re
from dataclasses import dataclass, field

from billing_operator.children.ownership import refuse_foreign
from billing_operator.errors import SpecError
from billing_operator.inputs import Token
from billing_operator.kinds import Manifest, deployment
from billing_operator.names import (
    ANTAEUS,
    RENEW_TOKEN,
    TOKEN_ID,
    TOKEN_KEY,
    part_name,
    token_secret_name,
)
from billing_operator.observed.stack import Observed
from billing_operator.reasons import ConditionType, Reason
from billing_operator.spec.stack import SecretRef, Stack
from billing_operator.tokens.secret import TokenSecret, ValidToken

MOST_BYTES = 4096
# What an HTTP header carries as it stands; payment has the same rule.
_HEADER_SAFE = re.compile(rb"[\x20-\x7e]+\Z")


@dataclass(frozen=True, slots=True)
class Secrets:
    """What was read for a stack.

    Attributes:
        own: the Secret from which both services have the token.
        users: the one of secretRef.
    """

    own: Manifest | None = field(default=None, repr=False)
    users: Manifest | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class RunningAntaeus:
    """Which token an Antaeus that runs was started with.

    Attributes:
        token_id: None where it bears none.
    """

    token_id: str | None


@dataclass(frozen=True, slots=True)
class MakeToken:
    """There is no token, and nothing is harmed by making one.

    Attributes:
        text: as Secrets hold it; None for one that nobody knows yet.
        id: None for a new one.
    """

    text: str | None = field(default=None, repr=False)
    id: str | None = None


def running_antaeus(stack: Stack, seen: Observed) -> RunningAntaeus | None:
    """What the Antaeus that runs was started with; None where none runs."""
    live = seen.children.get(deployment(part_name(stack.name, ANTAEUS)))
    if live is None or not seen.antaeus_runs:
        return None
    annotations = live["spec"]["template"]["metadata"].get("annotations") or {}
    return RunningAntaeus(annotations.get(TOKEN_ID))


def choose_token(
    stack: Stack, secrets: Secrets, antaeus: RunningAntaeus | None
) -> Token | MakeToken:
    """The token to use, or the word that one is to be made.

    Raises:
        SpecError: a person must act first; running pods stay as they are meanwhile.
    """
    if secrets.own is None:
        return _absent_token(stack, secrets, antaeus)
    own = _own_token(stack, secrets.own)
    # Where none runs, whichever starts next has what the Secret has then.
    if antaeus and own.changed:
        raise SpecError(
            Reason.TOKEN_CHANGED,
            f"somebody has changed a token of Secret {token_secret_name(stack.name)}, or its id, "
            "while Antaeus runs with the one before: payment refuses its charges. "
            f"{_put_back_or_replace(stack)}",
            condition=ConditionType.TOKEN_INVALID,
        )
    return used(stack, own.current)


def used(stack: Stack, current: ValidToken) -> Token:
    """A valid token as both services are told of it."""
    name = token_secret_name(stack.name)
    return Token(name, TOKEN_KEY, id=current.id, generated=not current.users)


def users_token(stack: Stack, secrets: Secrets) -> str | None:
    """The token of the Secret that the stack names, as Secrets hold it; None if it names none.

    Raises:
        SpecError: there is none that could be used.
    """
    return (
        _users_token(stack.namespace, stack.secret_ref, secrets.users) if stack.secret_ref else None
    )


def _users_token(namespace: str, ref: SecretRef, secret: Manifest | None) -> str:
    remedy = (
        f"kubectl create secret generic -n {namespace} {ref.name} --from-literal={ref.key}=TOKEN "
        "--dry-run=client -o yaml | kubectl apply -f -"
    )
    if secret is None:
        raise _invalid(f"spec.token.secretRef: there is no Secret {ref.name}; make it: {remedy}")
    data = secret.get("data") or {}
    if ref.key not in data:
        keys = ", ".join(sorted(data)) or "none"
        raise _invalid(
            f"spec.token.secretRef: Secret {ref.name} has no key {ref.key} (keys: {keys}); "
            f"name one of them in secretRef.key, or add it: {remedy}"
        )
    text: str = data[ref.key]
    if fault := token_fault(text):
        raise _invalid(
            f"spec.token.secretRef: key {ref.key} of Secret {ref.name} {fault}; {remedy}"
        )
    return text


def _own_token(stack: Stack, live: Manifest) -> TokenSecret:
    name = live["metadata"]["name"]
    refuse_foreign(
        stack,
        live,
        remedy="have its token in a Secret of another name and use that by spec.token.secretRef, "
        "or remove it so that one is made",
    )
    own = TokenSecret.of(live)
    if fault := token_fault(own.current.text):
        raise _invalid(f"key {TOKEN_KEY} of Secret {name} {fault}. {_put_back_or_replace(stack)}")
    return own


def _put_back_or_replace(stack: Stack) -> str:
    delete = f"kubectl delete -n {stack.namespace} secret {token_secret_name(stack.name)}"
    if stack.secret_ref:
        return f"Put the earlier one back, or have it made again from your Secret: {delete}"
    return (
        "Put the earlier one back, or let another be made, which restarts Antaeus, and that "
        f"forgets all payments: {delete} && {_renew(stack)}"
    )


def _renew(stack: Stack) -> str:
    return (
        f"kubectl annotate --overwrite -n {stack.namespace} bst {stack.name} "
        f'{RENEW_TOKEN}="$(date +%s)"'
    )


def _absent_token(stack: Stack, secrets: Secrets, antaeus: RunningAntaeus | None) -> MakeToken:
    known = stack.status.get("token") or {}
    if stack.secret_ref:
        text, runs_by = users_token(stack, secrets), None
        if antaeus and "rotation" not in known:
            # It has this very token, and must not be restarted for another name of it.
            runs_by = antaeus.token_id
        return MakeToken(text, runs_by)
    asked = stack.renew_token is not None and stack.renew_token != known.get("lastHandledRenew")
    if antaeus and not asked:
        cost = "" if stack.antaeus.persistence else ", and that forgets all payments"
        raise SpecError(
            Reason.TOKEN_LOST,
            f"Secret {token_secret_name(stack.name)} is gone while Antaeus runs with its token. "
            "Put the Secret back from a backup, or let another token be made, which restarts "
            f"Antaeus{cost}: {_renew(stack)}",
            condition=ConditionType.TOKEN_LOST,
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
    return SpecError(Reason.TOKEN_INVALID, message, condition=ConditionType.TOKEN_INVALID)
