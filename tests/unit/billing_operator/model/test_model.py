"""Whatever happens in whatever order, nobody is charged twice by the operator's doing.

The real operator and the real program of a run, around a cluster, an Antaeus and a payment that are
simulated. What is tried in a minute here is tried for as long as one likes by make model.
"""

import os
import random
import time

import pytest

from measurements import Measurements
from unit.billing_operator.model.search import Campaign, at_random, breaks
from unit.billing_operator.model.stories import STORIES
from unit.billing_operator.model.world import KINDS_OF_ANTAEUS

_CHUNKS = 8
_IN_A_CHUNK = 20


@pytest.mark.parametrize("kind", KINDS_OF_ANTAEUS)
@pytest.mark.parametrize("story", STORIES)
def test_no_rule_is_broken_where_it_once_was_or_might_be(story: str, kind: str) -> None:
    assert breaks(kind, STORIES[story]) == ""


@pytest.mark.parametrize("seed", range(_CHUNKS))
def test_no_rule_is_broken_by_what_happens_at_random(seed: int) -> None:
    campaign, chance = Campaign(), random.Random(seed)
    for _ in range(_IN_A_CHUNK):
        campaign.one(chance.choice(KINDS_OF_ANTAEUS), at_random(chance))

    assert campaign.found == {}


@pytest.mark.thorough
@pytest.mark.timeout(0)
def test_no_rule_is_broken_for_as_long_as_one_likes(measurements: Measurements) -> None:
    minutes, seed = float(os.environ.get("MINUTES", "60")), random.SystemRandom().getrandbits(32)
    campaign, end = Campaign(), time.monotonic() + 60 * minutes
    campaign.run(seed, lambda: time.monotonic() < end)
    for name, figure in campaign.figures():
        measurements.note(f"model: {name}", figure, "times")

    assert campaign.found == {}, f"seed {seed}"
