"""A changed profile reaches every payment pod within seconds, by as few nudges as it takes."""

import pytest

from billing_operator.desired import profile
from billing_operator.memory import Memories
from billing_operator.names import PROFILE_KEY
from billing_operator.observed.stack import Observed, Pod, observe
from billing_operator.profile.refusal import Refusal
from billing_operator.profile.rollout import ProfileRollout
from support.operator.builders import a_pod, a_stack
from support.operator.fake_apps import FakeApps
from support.operator.fake_cluster import FakeCluster


class Scene:
    """Two payment pods of a stack, and a clock that stands until it is moved."""

    def __init__(self) -> None:
        live = [a_pod(name="a"), a_pod(name="b")]
        self.cluster = FakeCluster(*live)
        self.apps = FakeApps()
        self.now = 0.0
        self.memories = Memories()
        self.rollout = ProfileRollout(
            self.cluster, self.apps, self.memories, clock=lambda: self.now
        )
        self.stack = a_stack()
        self.live = live
        self.stored: str | None = None

    @property
    def seen(self) -> Observed:
        config_map = profile.config_map(self.stack)
        if self.stored:
            config_map["data"][PROFILE_KEY] = self.stored
        return observe([config_map], self.live)

    @property
    def pods(self) -> tuple[Pod, ...]:
        return self.seen.payment_answers

    def answer(self, *names: str) -> None:
        for name in names:
            self.apps.digests[name] = profile.digest(self.stack)

    async def advance(self) -> tuple[bool, bool, float | None]:
        progress = await self.rollout.advance(self.stack, self.seen)
        return progress.complete, progress.usual, progress.look_again

    @property
    def nudged(self) -> list[str]:
        return [name for name, _ in self.cluster.nudges]


@pytest.fixture
def scene() -> Scene:
    return Scene()


DONE = (True, True, None)


async def test_pods_that_answer_by_the_profile_are_left_alone(scene: Scene) -> None:
    scene.answer("a", "b")

    assert await scene.advance() == DONE
    assert scene.nudged == []
    assert scene.rollout.in_effect(scene.stack, scene.pods)


async def test_what_is_known_is_not_asked_again(scene: Scene) -> None:
    scene.answer("a", "b")
    await scene.advance()
    await scene.advance()

    assert scene.apps.asked == ["a", "b"]


async def test_a_pod_that_is_behind_is_nudged_and_looked_at_again_soon(scene: Scene) -> None:
    scene.answer("a")

    assert await scene.advance() == (False, True, 0.1)
    assert scene.nudged == ["b"]
    assert not scene.rollout.in_effect(scene.stack, scene.pods)

    scene.answer("b")
    assert await scene.advance() == DONE
    assert scene.apps.asked == ["a", "b", "b"]


async def test_a_nudge_is_given_again_only_after_a_while_and_is_another_each_time(
    scene: Scene,
) -> None:
    scene.answer("a")
    for scene.now in (0.0, 0.1, 0.9, 1.0, 1.1):
        await scene.advance()

    assert scene.nudged == ["b", "b"]
    first, second = (list(annotations.values()) for _, annotations in scene.cluster.nudges)
    assert first != second


async def test_what_takes_longer_than_usual_is_told_and_hurried_less(scene: Scene) -> None:
    await scene.advance()
    scene.now = 5.0

    assert await scene.advance() == (False, False, 5.0)
    nudges = len(scene.nudged)
    scene.now = 9.0
    await scene.advance()
    assert len(scene.nudged) == nudges


async def test_a_profile_that_a_pod_refuses_is_told_at_once_and_hurried_no_more(
    scene: Scene,
) -> None:
    wanted = profile.digest(scene.stack)
    scene.apps.digests = {"a": "earlier", "b": "earlier"}
    scene.apps.refusals = {"b": (wanted, "rules[0].rate: no")}

    assert await scene.advance() == (False, False, 5.0)
    assert scene.rollout.refusal(scene.stack, scene.pods) == Refusal("b", ("rules[0].rate: no",))
    assert not scene.rollout.in_effect(scene.stack, scene.pods)
    # It was looked at a moment after the nudge of another profile.
    nudged = list(scene.nudged)
    scene.now = 1.0
    await scene.advance()
    assert scene.nudged == nudged


async def test_what_was_refused_is_no_matter_once_another_profile_is_wanted(scene: Scene) -> None:
    scene.apps.digests = {"a": "earlier", "b": "earlier"}
    scene.apps.refusals = {"b": (profile.digest(scene.stack), "rules[0].rate: no")}
    await scene.advance()
    scene.stack = a_stack(payment={"successRate": 0.9})

    assert await scene.advance() == (False, True, 0.1)
    assert scene.rollout.refusal(scene.stack, scene.pods) is None


async def test_another_change_begins_anew(scene: Scene) -> None:
    await scene.advance()
    scene.now = 60.0
    scene.stack = a_stack(payment={"successRate": 0.9})

    assert await scene.advance() == (False, True, 0.1)


async def test_a_change_that_is_taken_back_may_still_come_to_a_pod(scene: Scene) -> None:
    scene.answer("a", "b")
    assert await scene.advance() == DONE
    before, scene.stack = scene.stack, a_stack(payment={"successRate": 0.9})
    changed = profile.digest(scene.stack)
    assert await scene.advance() == (False, True, 0.1)

    scene.stack, scene.now = before, 0.5
    assert await scene.advance() == (False, True, 0.1)
    assert not scene.rollout.in_effect(scene.stack, scene.pods)

    scene.apps.digests["b"] = changed
    scene.now = 1.5
    assert await scene.advance() == (False, True, 0.1)
    assert scene.nudged.count("b") > 1
    scene.answer("b")
    scene.now = 5.4
    assert await scene.advance() == (False, True, 0.1), "a has not moved at all"
    scene.now = 5.5
    assert await scene.advance() == DONE
    assert scene.rollout.in_effect(scene.stack, scene.pods)


async def test_a_config_map_that_somebody_changed_and_was_repaired_is_asked_for_again(
    scene: Scene,
) -> None:
    scene.answer("a", "b")
    assert await scene.advance() == DONE
    scene.stored = "by hand"
    scene.rollout.note_stored(scene.stack, scene.seen)
    scene.stored = None

    assert await scene.advance() == (False, True, 0.1)
    scene.now = 5.0
    assert await scene.advance() == DONE
    assert await scene.advance() == DONE
    assert scene.apps.asked == ["a", "b"] * 3


async def test_a_pod_that_has_come_to_the_new_profile_is_not_doubted(scene: Scene) -> None:
    scene.apps.digests = {"a": "earlier", "b": "earlier"}
    await scene.advance()
    scene.stack = a_stack(payment={"successRate": 0.9})
    scene.answer("a", "b")

    assert await scene.advance() == DONE


async def test_a_suspended_stack_is_only_looked_at(scene: Scene) -> None:
    scene.stack = a_stack(suspend=True)

    assert (await scene.advance())[0] is False
    assert scene.nudged == []


async def test_a_pod_that_goes_while_it_is_nudged_is_no_fault(scene: Scene) -> None:
    scene.cluster.take("Pod", "b")

    assert (await scene.advance())[0] is False
    assert scene.nudged == ["a"]


async def test_a_new_pod_is_asked_and_an_old_one_is_not(scene: Scene) -> None:
    scene.answer("a", "b", "c")
    await scene.advance()
    scene.live = [*scene.live[:1], a_pod(name="c")]

    assert await scene.advance() == DONE
    assert scene.apps.asked == ["a", "b", "c"]


async def test_without_pods_there_is_nothing_to_wait_for(scene: Scene) -> None:
    scene.live = []

    assert await scene.advance() == DONE


async def test_nothing_is_known_of_a_stack_that_has_gone(scene: Scene) -> None:
    scene.answer("a", "b")
    await scene.advance()
    scene.memories.drop("stack-uid")

    assert not scene.rollout.in_effect(scene.stack, scene.pods)
    await scene.advance()
    assert scene.apps.asked == ["a", "b", "a", "b"]


async def test_a_resync_in_the_middle_of_a_pass_makes_no_pod_one_that_is_behind(
    scene: Scene,
) -> None:
    scene.answer("a", "b")
    await scene.advance()
    scene.rollout.ask_again()

    assert scene.rollout.in_effect(scene.stack, scene.pods)
    await scene.advance()
    assert scene.apps.asked == ["a", "b", "a", "b"]
    await scene.advance()
    assert scene.apps.asked == ["a", "b", "a", "b"]
