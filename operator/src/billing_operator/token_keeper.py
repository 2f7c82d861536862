"""Reads the stack's token Secret, seldom, and makes one where the rules allow it."""

import base64
from collections.abc import Callable
from dataclasses import dataclass, replace

from billing_operator.cluster import Cluster
from billing_operator.desired import workload
from billing_operator.errors import Conflict, Waiting
from billing_operator.inputs import Token
from billing_operator.kinds import SECRET, Key, Manifest
from billing_operator.names import TOKEN_ID_KEY, TOKEN_KEY, stack_labels
from billing_operator.spec import Stack
from billing_operator.token_rules import MakeToken, choose_token, secret_name

# Events of pods come in bursts; a Secret need not be read for each of them.
_FRESH_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class _Memo:
    token: Token
    secret: str
    at: float


class TokenKeeper:
    """Keeps one token for each stack; never the token's text."""

    def __init__(
        self, cluster: Cluster, *, new_token: Callable[[], str], clock: Callable[[], float]
    ) -> None:
        self._cluster = cluster
        self._new_token = new_token
        self._clock = clock
        self._memos: dict[str, _Memo] = {}

    def remembered(self, stack: Stack) -> Token | None:
        """The token as lately read, if that is recent enough to rely on."""
        memo = self._memos.get(stack.uid)
        recent = memo is not None and self._clock() - memo.at < _FRESH_SECONDS
        return self.last(stack) if recent else None

    def last(self, stack: Stack) -> Token | None:
        """The token as last read, however long ago, if the stack still asks for that one."""
        memo = self._memos.get(stack.uid)
        return memo.token if memo and memo.secret == _source(stack) else None

    async def read(self, stack: Stack) -> Manifest | None:
        """The Secret as it is now."""
        return await self._cluster.read(SECRET, Key(stack.namespace, secret_name(stack)))

    async def settle(self, stack: Stack, secret: Manifest | None, *, antaeus_runs: bool) -> Token:
        """The token to use; makes one where there never was one or none can be harmed.

        Raises:
            SpecError: a person must act first.
            Waiting: another pass is needed to see clearly.
        """
        self.forget(stack.uid)
        choice = choose_token(stack, secret, antaeus_runs=antaeus_runs)
        token = await self._make(stack) if isinstance(choice, MakeToken) else choice
        self._memos[stack.uid] = _Memo(token, _source(stack), self._clock())
        return token

    def ask_again(self) -> None:
        """Distrusts what is known, so that the next pass reads every Secret once more."""
        self._memos = {uid: replace(memo, at=float("-inf")) for uid, memo in self._memos.items()}

    def forget(self, uid: str) -> None:
        """Drops what is known of a stack."""
        self._memos.pop(uid, None)

    async def _make(self, stack: Stack) -> Token:
        token_id = self._new_token()[:12]
        data = {TOKEN_KEY: self._new_token(), TOKEN_ID_KEY: token_id}
        name = secret_name(stack)
        manifest = {
            "apiVersion": "v1",
            "kind": "Secret",
            "metadata": workload.metadata(stack, name, stack_labels(stack.name)),
            "type": "Opaque",
            "data": {k: base64.b64encode(text.encode()).decode() for k, text in data.items()},
        }
        try:
            # Never an apply: where a Secret has come meanwhile, its token must survive.
            await self._cluster.create(manifest)
        except Conflict as error:
            raise Waiting("TokenAppeared", f"Secret {name} has just come", seconds=0.1) from error
        return Token(name, TOKEN_KEY, id=token_id, generated=True)


def _source(stack: Stack) -> str:
    return f"{stack.secret_ref}/{stack.renew_token}"
