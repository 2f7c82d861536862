"""Every way in which a rotation can go, whatever happens and in whatever order.

What an Antaeus has is accepted by every payment pod that answers, and it always comes to an end,
with one token.
"""

import pytest

from unit.billing_operator.tokens.rotation_model import (
    ModelState,
    a_round,
    a_state,
    at_the_end,
    encoded,
    own,
    reachable,
    refused,
    story,
    tokens,
)

CASES = {
    "asked once": a_state("ask 1"),
    "asked once, two pods": a_state("ask 1", pods=2),
    "asked twice": a_state("ask 1", "ask 2"),
    "the user's token changed": a_state("put b", users="a"),
    "changed again": a_state("put b", "put c", users="a"),
    "changed and put back": a_state("put b", "put a", users="a"),
    "from a generated one to a user's and back": a_state("put a", "put "),
    "asked, then a user's": a_state("ask 1", "put a"),
}


@pytest.mark.parametrize("begin", CASES.values(), ids=CASES)
def test_whatever_happens_no_valid_charge_is_refused_and_one_token_is_left(
    begin: ModelState,
) -> None:
    found = reachable(begin)

    assert len(found) > 50
    for state in found:
        assert not refused(state), story(found, state)
    for state in found:
        end = at_the_end(state)
        assert end == a_round(end), story(found, state)
        secret = own(end.secret)
        assert (secret.other, secret.step) == (None, None), story(found, state)
        assert end.antaeus is not None
        assert encoded(end.antaeus.token) == secret.current.text
        assert {pod.mounted for pod in end.payment} == {tokens(end.secret)}
        assert secret.current.users == (end.users is not None)
        if end.users:
            assert secret.current.text == encoded(end.users)
