"""Every way in which a rotation can go, whatever happens and in whatever order.

What an Antaeus has is accepted by every payment pod that answers, and it always comes to an end,
with one token.
"""

import pytest

from support.rotation_model import (
    World,
    a_round,
    a_world,
    at_the_end,
    encoded,
    own,
    reachable,
    refused,
    story,
    tokens,
)

CASES = {
    "asked once": a_world("ask 1"),
    "asked once, two pods": a_world("ask 1", pods=2),
    "asked twice": a_world("ask 1", "ask 2"),
    "the user's token changed": a_world("put b", users="a"),
    "changed again": a_world("put b", "put c", users="a"),
    "changed and put back": a_world("put b", "put a", users="a"),
    "from a generated one to a user's and back": a_world("put a", "put "),
    "asked, then a user's": a_world("ask 1", "put a"),
}


@pytest.mark.parametrize("begin", CASES.values(), ids=CASES)
def test_whatever_happens_no_valid_charge_is_refused_and_one_token_is_left(begin: World) -> None:
    found = reachable(begin)

    assert len(found) > 50
    for world in found:
        assert not refused(world), story(found, world)
    for world in found:
        end = at_the_end(world)
        assert end == a_round(end), story(found, world)
        secret = own(end.secret)
        assert (secret.other, secret.step) == (None, None), story(found, world)
        assert end.antaeus is not None
        assert encoded(end.antaeus.token) == secret.current.text
        assert {pod.mounted for pod in end.payment} == {tokens(end.secret)}
        assert secret.current.users == (end.users is not None)
        if end.users:
            assert secret.current.text == encoded(end.users)
