"""Reads the stack's token Secret, seldom, and makes one where the rules allow it."""

import base64
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from billing_operator.cluster import Cluster
from billing_operator.desired import workload
from billing_operator.errors import Conflict, OutOfSight
from billing_operator.inputs import Token
from billing_operator.kinds import SECRET, Key, Manifest
from billing_operator.names import TOKEN_ID_KEY, TOKEN_KEY, stack_labels
from billing_operator.spec import Stack
from billing_operator.token_rules import MakeToken, choose_token, secret_name

# Events of pods come in bursts; a Secret need not be read for each of them.
_FRESH_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class Settled:
    """A token to use.

    Attributes:
        secret: the Secret to create before a pod asks for it; None where it is there.
    """

    token: Token
    secret: Manifest | None = field(default=None, repr=False)


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

    def settle(self, stack: Stack, secret: Manifest | None, *, antaeus_runs: bool) -> Settled:
        """The token to use; a new one where there never was one or none can be harmed.

        Raises:
            SpecError: a person must act first.
        """
        self.forget(stack.uid)
        choice = choose_token(stack, secret, antaeus_runs=antaeus_runs)
        if isinstance(choice, MakeToken):
            return self._propose(stack)
        self._remember(stack, choice)
        return Settled(choice)

    async def create(self, stack: Stack, settled: Settled) -> None:
        """Makes the Secret of a new token.

        Raises:
            OutOfSight: there is one already; it must be read to see clearly.
        """
        if settled.secret is None:
            return
        try:
            # Never an apply: where a Secret has come meanwhile, its token must survive.
            await self._cluster.create(settled.secret)
        except Conflict as error:
            raise OutOfSight from error
        self._remember(stack, settled.token)

    def ask_again(self) -> None:
        """Distrusts what is known, so that the next pass reads every Secret once more."""
        self._memos = {uid: replace(memo, at=float("-inf")) for uid, memo in self._memos.items()}

    def forget(self, uid: str) -> None:
        """Drops what is known of a stack."""
        self._memos.pop(uid, None)

    def _remember(self, stack: Stack, token: Token) -> None:
        self._memos[stack.uid] = _Memo(token, _source(stack), self._clock())

    def _propose(self, stack: Stack) -> Settled:
        token_id = self._new_token()[:12]
        data = {TOKEN_KEY: self._new_token(), TOKEN_ID_KEY: token_id}
        name = secret_name(stack)
        secret = {
            "apiVersion": "v1",
            "kind": "Secret",
            "metadata": workload.metadata(stack, name, stack_labels(stack.name)),
            "type": "Opaque",
            "data": {k: base64.b64encode(text.encode()).decode() for k, text in data.items()},
        }
        return Settled(Token(name, TOKEN_KEY, id=token_id, generated=True), secret)


def _source(stack: Stack) -> str:
    return f"{stack.secret_ref}/{stack.renew_token}"
