"""Reads the Secrets of a stack's token, seldom, and makes one where the rules allow it."""

import base64
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime

from billing_operator.desired import workload
from billing_operator.errors import Conflict, SpecError, StaleCache
from billing_operator.inputs import Token
from billing_operator.kinds import SECRET, Key, Manifest
from billing_operator.kube.api import Cluster
from billing_operator.memory import Memories
from billing_operator.names import stack_labels, token_secret_name
from billing_operator.observed.stack import Observed
from billing_operator.spec.stack import Stack
from billing_operator.tokens.choice import (
    MakeToken,
    Secrets,
    choose_token,
    running_antaeus,
    used,
    users_token,
)
from billing_operator.tokens.secret import TokenSecret, ValidToken, initial_data
from billing_operator.tokens.state import TokenState, token_state

# Events of pods come in bursts; a Secret need not be read for each of them.
_FRESH_SECONDS = 60.0
_ID_CHARACTERS = 12


@dataclass(frozen=True, slots=True)
class ResolvedToken:
    """A token to use.

    Attributes:
        secret: the Secret to write before a pod asks for it; None where it is there.
    """

    token: Token
    secret: Manifest | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class _Memo:
    token: Token
    state: TokenState
    complaint: SpecError | None
    fingerprint: str
    at: float


@dataclass(slots=True)
class _Known:
    """Of one stack; no memo where its Secrets are to be read before anything is decided."""

    memo: _Memo | None = None


class TokenKeeper:
    """Keeps what is known of each stack's tokens; never a token's text."""

    def __init__(
        self,
        cluster: Cluster,
        memories: Memories,
        *,
        new_token: Callable[[], str],
        clock: Callable[[], float],
        now: Callable[[], datetime],
    ) -> None:
        self._cluster = cluster
        self._new_token = new_token
        self._clock = clock
        self._now = now
        self._memories = memories

    def remembered(self, stack: Stack) -> Token | None:
        """The token as lately read, if that is recent enough to rely on."""
        memo = self._known(stack.uid).memo
        recent = memo is not None and self._clock() - memo.at < _FRESH_SECONDS
        return self.last(stack) if recent else None

    def last(self, stack: Stack) -> Token | None:
        """The token as last read, however long ago, if the stack still asks for that one."""
        memo = self._memo(stack)
        return memo.token if memo else None

    def state(self, stack: Stack) -> TokenState | None:
        """What was last read of the stack's tokens, if anything was."""
        memo = self._memo(stack)
        return memo.state if memo else None

    def complaint(self, stack: Stack) -> SpecError | None:
        """What is wrong with the user's Secret, while the stack goes on with the token before."""
        memo = self._memo(stack)
        return memo.complaint if memo else None

    async def read(self, stack: Stack) -> Secrets:
        """The Secrets as they are now."""
        own = await self._read(stack, token_secret_name(stack.name))
        ref = stack.secret_ref
        return Secrets(own, await self._read(stack, ref.name) if ref else None)

    async def read_again(self, stack: Stack, seen: Observed) -> Token | None:
        """The token by the Secrets as they are now; None where only a closer look can tell."""
        secrets = await self.read(stack)
        if secrets.own is None:
            return None
        resolved = self.resolve(stack, secrets, seen)
        return None if resolved.secret else resolved.token

    def resolve(self, stack: Stack, secrets: Secrets, seen: Observed) -> ResolvedToken:
        """The token to use; a new one where there never was one or none can be harmed.

        Raises:
            SpecError: a person must act first.
        """
        self.forget(stack.uid)
        choice = choose_token(stack, secrets, running_antaeus(stack, seen))
        if isinstance(choice, MakeToken):
            return self._propose(stack, choice)
        if secrets.own is not None:
            self.note(stack, TokenSecret.of(secrets.own), secrets)
        return ResolvedToken(choice)

    def note(self, stack: Stack, own: TokenSecret, secrets: Secrets) -> TokenState:
        """Remembers what the Secrets say, and returns it without the tokens."""
        try:
            return self._remember(stack, own, users_token(stack, secrets))
        except SpecError as error:
            return self._remember(stack, own, None, error.with_traceback(None))

    async def write(self, stack: Stack, resolved: ResolvedToken) -> None:
        """Makes the Secret of a new token.

        Raises:
            StaleCache: there is another one by now; it must be read to see clearly.
        """
        if resolved.secret is None:
            return
        # Never an apply: where a Secret has come meanwhile, its token must survive.
        try:
            live = await self._cluster.create(resolved.secret)
        except Conflict as error:
            raise StaleCache from error
        own = TokenSecret.of(live)
        self._remember(stack, own, own.current.text if stack.secret_ref else None)

    def new(self, stack: Stack, secrets: Secrets) -> ValidToken:
        """A token that is to take over: the user's, or one that nobody has known before.

        Raises:
            SpecError: the user's is no good.
        """
        return self._valid(stack, users_token(stack, secrets), None)

    def new_key(self) -> str:
        """A key for digests of tokens, that nobody has known before."""
        return self._new_token()

    def ask_again(self) -> None:
        """Distrusts what is known, so that the next pass reads every Secret once more."""
        for known in self._memories.each(_Known):
            known.memo = replace(known.memo, at=float("-inf")) if known.memo else None

    def forget(self, uid: str) -> None:
        """Drops what was read, so that it is read before the next decision."""
        self._known(uid).memo = None

    async def _read(self, stack: Stack, name: str) -> Manifest | None:
        return await self._cluster.read(SECRET, Key(stack.namespace, name))

    def _known(self, uid: str) -> _Known:
        return self._memories.of(uid, _Known)

    def _memo(self, stack: Stack) -> _Memo | None:
        memo = self._known(stack.uid).memo
        return memo if memo and memo.fingerprint == _spec_fingerprint(stack) else None

    def _remember(
        self, stack: Stack, own: TokenSecret, users: str | None, fault: SpecError | None = None
    ) -> TokenState:
        state = token_state(own, users, good=fault is None)
        # What is no good may be mended at any time, and nobody tells.
        at = float("-inf") if fault else self._clock()
        token = used(stack, own.current)
        self._known(stack.uid).memo = _Memo(token, state, fault, _spec_fingerprint(stack), at)
        return state

    def _valid(self, stack: Stack, text: str | None, token_id: str | None) -> ValidToken:
        new = base64.b64encode(self._new_token().encode()).decode()
        made_id = self._new_token()[:_ID_CHARACTERS]
        token = ValidToken(text or new, token_id or made_id, users=stack.secret_ref is not None)
        return token.sealed(self.new_key())

    def _propose(self, stack: Stack, choice: MakeToken) -> ResolvedToken:
        new, now = self._valid(stack, choice.text, choice.id), self._now()
        name = token_secret_name(stack.name)
        secret = {
            "apiVersion": "v1",
            "kind": "Secret",
            "metadata": workload.metadata(stack, name, stack_labels(stack.name)),
            "type": "Opaque",
            "data": initial_data(new, now, stack.rotate_token),
        }
        return ResolvedToken(used(stack, new), secret)


def _spec_fingerprint(stack: Stack) -> str:
    return f"{stack.secret_ref}/{stack.renew_token}/{stack.rotate_token}"
