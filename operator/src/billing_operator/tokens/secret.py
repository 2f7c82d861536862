"""What the operator's own Secret says of a stack's tokens, and each change that is made to it.

Each token has a digest beside it, so that one that somebody has changed is told from the one that
Antaeus was started with: its id, by which Antaeus is restarted, stays the same then.

One token is valid at rest. While another takes over from it both are, and a word says how far that
has come, so that whoever reads the Secret knows what to do next, whatever happened before.
"""

import base64
import binascii
import hashlib
import hmac
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from enum import StrEnum

from billing_operator.kinds import Manifest, timestamp
from billing_operator.names import (
    SECONDARY_TOKEN_ID_KEY,
    SECONDARY_TOKEN_KEY,
    TOKEN_ID_KEY,
    TOKEN_KEY,
)

_SOURCE, _SECONDARY_SOURCE = "source", "secondary-source"
_STEP, _MADE, _ROTATED, _REQUEST = "step", "made", "rotated-at", "request"
_DIGEST, _SECONDARY_DIGEST = "digest", "secondary-digest"
_USERS = "user"


class Step(StrEnum):
    """How far a rotation has come; its next step waits for what is said here."""

    STAGED = "Staged"
    """Payment is to accept the new token too; Antaeus still starts with the earlier one."""
    PROMOTED = "Promoted"
    """Antaeus is to be started with the new one; payment accepts both."""
    RETIRING = "Retiring"
    """Payment is to accept the new one alone."""


@dataclass(frozen=True, slots=True)
class ValidToken:
    """A token with which charges are taken.

    Attributes:
        text: the token as Secrets hold it.
        id: names it where the token itself must not stand; random, and None if that was removed.
        users: whether it was taken from a user's Secret.
        digest: of the token and its id as they were made, by a key that is random; None where
            nobody has made one.
    """

    text: str = field(repr=False)
    id: str | None
    users: bool
    digest: str | None = field(default=None, repr=False)

    def sealed(self, key: str) -> "ValidToken":
        """The same with a digest of what it is now."""
        message = f"{self.id or ''}\n{self.text}"
        made = hmac.new(key.encode(), message.encode(), hashlib.sha256).hexdigest()
        return replace(self, digest=f"{key}.{made}")

    @property
    def changed(self) -> bool:
        """Whether it is another one than its digest was made of."""
        if self.digest is None:
            return False
        made = self.sealed(self.digest.rpartition(".")[0]).digest or ""
        return not hmac.compare_digest(made.encode(), self.digest.encode())


@dataclass(frozen=True, slots=True)
class TokenSecret:
    """The operator's own Secret of a stack.

    Attributes:
        current: what Antaeus is started with.
        other: what is valid besides; None at rest.
        step: None at rest.
        made: since when the current token is what Antaeus is started with.
        rotated_at: when the last rotation was complete, as status tells it.
        request: the last one that a rotation met, or that was there when the token was made.
    """

    live: Manifest = field(repr=False)
    current: ValidToken
    other: ValidToken | None
    step: Step | None
    made: datetime
    rotated_at: str | None
    request: str | None

    @classmethod
    def of(cls, live: Manifest) -> "TokenSecret":
        """Reads it as it is; what somebody else has spoiled is taken for the safer of two."""
        data: dict[str, str] = live.get("data") or {}
        other = None
        if SECONDARY_TOKEN_KEY in data:
            users = _text(data, _SECONDARY_SOURCE) == _USERS
            other = ValidToken(
                data[SECONDARY_TOKEN_KEY],
                _text(data, SECONDARY_TOKEN_ID_KEY),
                users,
                _text(data, _SECONDARY_DIGEST),
            )
        users = _text(data, _SOURCE) == _USERS
        return cls(
            live=live,
            current=ValidToken(
                data.get(TOKEN_KEY, ""), _text(data, TOKEN_ID_KEY), users, _text(data, _DIGEST)
            ),
            other=other,
            step=_step(_text(data, _STEP), two=other is not None),
            made=_made(data, live["metadata"].get("creationTimestamp")),
            rotated_at=_date(_text(data, _ROTATED)),
            request=_text(data, _REQUEST),
        )

    @property
    def changed(self) -> bool:
        """Whether somebody else has changed a token of it."""
        return any(token.changed for token in self._tokens)

    @property
    def sealed(self) -> bool:
        """Whether each of its tokens has a digest of what it is."""
        return all(token.digest and not token.changed for token in self._tokens)

    @property
    def _tokens(self) -> tuple[ValidToken, ...]:
        return (self.current, self.other) if self.other else (self.current,)


def initial_data(token: ValidToken, now: datetime, request: str | None) -> dict[str, str]:
    """The data of a Secret with a single token, whatever was there before."""
    made = {TOKEN_KEY: token.text, _MADE: _encoded(timestamp(now))}
    made |= _optional(TOKEN_ID_KEY, token.id) | _optional(_REQUEST, request)
    return made | _source(_SOURCE, token) | _optional(_DIGEST, token.digest)


def staged(secret: TokenSecret, new: ValidToken) -> Manifest:
    """With a new token that is valid besides; one that was staged before makes room."""
    added = {SECONDARY_TOKEN_KEY: new.text, _STEP: _encoded(Step.STAGED)}
    return _changed(secret, added | _beside(new))


def dropped(secret: TokenSecret) -> Manifest:
    """Without the token that was staged, and that nobody was ever started with."""
    return _changed(secret, {}, step=False)


def promoted(secret: TokenSecret, now: datetime, request: str | None) -> Manifest:
    """With the two tokens in each other's place; what was asked for until now is met by it."""
    new, old = secret.other, secret.current
    if new is None:
        return secret.live
    made = initial_data(new, now, request or secret.request)
    made |= {SECONDARY_TOKEN_KEY: old.text, _STEP: _encoded(Step.PROMOTED)}
    return _changed(secret, made | _beside(old), current=False)


def without_old(secret: TokenSecret) -> Manifest:
    """Without the earlier token; payment is still to see that."""
    return _changed(secret, {_STEP: _encoded(Step.RETIRING)})


def completed(secret: TokenSecret, now: datetime) -> Manifest:
    """At rest again."""
    return _changed(secret, {_ROTATED: _encoded(timestamp(now))}, step=False)


def sealed(secret: TokenSecret, key: str) -> Manifest:
    """With digests of its tokens as they are, whatever they were before."""
    data: dict[str, str] = secret.live.get("data") or {}
    made = _optional(_DIGEST, secret.current.sealed(key).digest)
    if secret.other:
        made |= _optional(_SECONDARY_DIGEST, secret.other.sealed(key).digest)
    return secret.live | {"data": data | made}


_CURRENT = frozenset({TOKEN_KEY, TOKEN_ID_KEY, _SOURCE, _DIGEST, _MADE, _REQUEST})
_OTHER = frozenset(
    {SECONDARY_TOKEN_KEY, SECONDARY_TOKEN_ID_KEY, _SECONDARY_SOURCE, _SECONDARY_DIGEST}
)


def _changed(
    secret: TokenSecret, made: dict[str, str], *, current: bool = True, step: bool = True
) -> Manifest:
    """The live Secret with the other token, and what else is said, replaced; the rest stays."""
    gone = _OTHER | (frozenset() if current else _CURRENT) | (frozenset() if step else {_STEP})
    data: dict[str, str] = secret.live.get("data") or {}
    kept = {name: text for name, text in data.items() if name not in gone}
    return secret.live | {"data": kept | made}


def _beside(token: ValidToken) -> dict[str, str]:
    """What is said of the other token."""
    source, digest = _source(_SECONDARY_SOURCE, token), _optional(_SECONDARY_DIGEST, token.digest)
    return _optional(SECONDARY_TOKEN_ID_KEY, token.id) | source | digest


def _source(name: str, token: ValidToken) -> dict[str, str]:
    return _optional(name, _USERS if token.users else None)


def _optional(name: str, text: str | None) -> dict[str, str]:
    return {} if text is None else {name: _encoded(text)}


def _encoded(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def _text(data: dict[str, str], name: str) -> str | None:
    try:
        return base64.b64decode(data[name], validate=True).decode() or None
    except (KeyError, binascii.Error, ValueError):
        return None


def _step(word: str | None, *, two: bool) -> Step | None:
    step = next((each for each in Step if each == word), None)
    if two:
        # Of two tokens without a word between them Antaeus may have either.
        return step if step in (Step.STAGED, Step.PROMOTED) else Step.PROMOTED
    return None if step in (None, Step.STAGED) else Step.RETIRING


def _made(data: dict[str, str], created: str | None) -> datetime:
    """Since when a token is in use: by the last rotation or the Secret where that is unreadable.

    Taken for older than it is, it would be replaced at once, and Antaeus restarted.
    """
    dates = (_text(data, _MADE), _text(data, _ROTATED), created)
    moments = (_moment(each) for each in dates)
    return next((moment for moment in moments if moment), datetime.fromtimestamp(0, UTC))


def _date(text: str | None) -> str | None:
    """A date as a status may have it; of any other the API server would refuse all of it."""
    moment = _moment(text)
    return timestamp(moment) if moment else None


def _moment(text: str | None) -> datetime | None:
    try:
        return datetime.fromisoformat(text or "").astimezone(UTC)
    except (ValueError, OverflowError):
        return None
