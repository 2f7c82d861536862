"""The token's Secret: read seldom, made once, never replaced in passing."""

import base64
from datetime import UTC, datetime
from itertools import count

import pytest

from billing_operator.desired import antaeus
from billing_operator.errors import SpecError, StaleCache
from billing_operator.inputs import Token
from billing_operator.kinds import Manifest
from billing_operator.memory import Memories
from billing_operator.observed.stack import observe
from billing_operator.tokens.choice import Secrets
from billing_operator.tokens.store import TokenKeeper
from support.operator.builders import (
    a_deployment,
    a_pod,
    a_secret,
    a_stack,
    a_token,
    an_installation,
)
from support.operator.fake_cluster import FakeCluster

GOOD = a_secret(token="secret", id="first")
NOBODY = observe([], [])
_ANTAEUS = a_deployment("antaeus")
_ANTAEUS["spec"]["template"] = antaeus.template(a_stack(), a_token(), an_installation())
RUNNING = observe([_ANTAEUS], [a_pod("antaeus")])


class Scene:
    """A keeper whose tokens are numbered, and a clock that stands until it is moved."""

    def __init__(self, *objects: Manifest) -> None:
        numbers = count(1)
        self.cluster = FakeCluster(*objects)
        self.now = 0.0
        self.memories = Memories()
        self.keeper = TokenKeeper(
            self.cluster,
            self.memories,
            new_token=lambda: f"token-number-{next(numbers)}",
            clock=lambda: self.now,
            now=lambda: datetime(2025, 1, 1, tzinfo=UTC),
        )

    def secret(self) -> dict[str, str]:
        data = self.cluster.must_get("Secret", "shop-token")["data"]
        return {name: base64.b64decode(text).decode() for name, text in data.items()}


async def test_a_token_is_read_by_the_name_that_the_stack_says() -> None:
    scene = Scene(a_secret("provider", uid=None, token="secret"))

    assert await scene.keeper.read(a_stack()) == Secrets()
    found = await scene.keeper.read(a_stack(token={"secretRef": {"name": "provider"}}))
    assert (found.own, found.users is None) == (None, False)


async def test_a_good_token_is_kept_for_a_minute() -> None:
    scene = Scene(GOOD)
    completed = scene.keeper.resolve(a_stack(), Secrets(GOOD), NOBODY).token

    assert completed == Token("shop-token", "token", id="first", generated=True)
    scene.now = 59.0
    assert scene.keeper.remembered(a_stack()) == completed
    scene.now = 60.0
    assert scene.keeper.remembered(a_stack()) is None
    assert scene.keeper.last(a_stack()) == completed


async def test_another_wish_for_a_token_is_not_met_from_memory() -> None:
    scene = Scene(GOOD)
    scene.keeper.resolve(a_stack(), Secrets(GOOD), NOBODY)

    for fingerprint in (
        a_stack(token={"secretRef": {"name": "provider"}}),
        a_stack(annotations={"billing.antaeus.io/renew-token": "1"}),
        a_stack(uid="another"),
    ):
        assert scene.keeper.last(fingerprint) is None


async def test_where_none_runs_a_token_is_made_that_belongs_to_the_stack() -> None:
    scene = Scene()
    completed = scene.keeper.resolve(a_stack(), Secrets(), NOBODY)
    made = completed.token
    assert scene.cluster.writes == []
    assert scene.keeper.last(a_stack()) is None
    assert completed.secret is not None
    for token in ("token-number-1", completed.secret["data"]["token"]):
        assert token not in repr(completed)
    await scene.keeper.write(a_stack(), completed)

    assert made == Token("shop-token", "token", id="token-number", generated=True)
    digest = scene.secret()["digest"]
    assert "token-number-1" not in digest
    assert scene.secret() == {
        "token": "token-number-1",
        "digest": digest,
        "id": "token-number",
        "made": "2025-01-01T00:00:00Z",
    }
    owners = scene.cluster.must_get("Secret", "shop-token")["metadata"]["ownerReferences"]
    assert owners[0]["uid"] == "stack-uid"
    assert scene.keeper.remembered(a_stack()) == made


async def test_a_secret_that_comes_meanwhile_survives() -> None:
    scene = Scene(a_secret(token="theirs", id="theirs"))

    completed = scene.keeper.resolve(a_stack(), Secrets(), NOBODY)
    with pytest.raises(StaleCache):
        await scene.keeper.write(a_stack(), completed)
    assert scene.secret()["token"] == "theirs"
    assert scene.keeper.last(a_stack()) is None


async def test_a_token_that_was_lost_is_forgotten_not_replaced() -> None:
    scene = Scene()
    scene.keeper.resolve(a_stack(), Secrets(GOOD), NOBODY)

    with pytest.raises(SpecError, match="gone while Antaeus runs"):
        scene.keeper.resolve(a_stack(), Secrets(), RUNNING)
    assert scene.keeper.last(a_stack()) is None
    assert scene.cluster.writes == []


async def test_a_resync_reads_every_secret_once_more_but_forgets_none() -> None:
    scene = Scene(GOOD)
    completed = scene.keeper.resolve(a_stack(), Secrets(GOOD), NOBODY).token
    scene.keeper.ask_again()

    assert scene.keeper.remembered(a_stack()) is None
    assert scene.keeper.last(a_stack()) == completed


async def test_a_stack_that_has_gone_is_forgotten() -> None:
    scene = Scene(GOOD)
    scene.keeper.resolve(a_stack(), Secrets(GOOD), NOBODY)
    scene.memories.drop("stack-uid")

    assert scene.keeper.last(a_stack()) is None
