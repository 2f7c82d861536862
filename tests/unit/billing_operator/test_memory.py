"""What is remembered of a stack is one thing, and goes with the stack."""

from dataclasses import dataclass, field

from billing_operator.memory import Memories


@dataclass
class Seen:
    """What one feature remembers."""

    names: list[str] = field(default_factory=list)


@dataclass
class Counted:
    """What another one does."""

    total: int = 0


def test_a_feature_finds_its_own_part_again() -> None:
    memories = Memories()
    memories.of("a", Seen).names.append("pod")
    memories.of("a", Counted).total = 7

    assert memories.of("a", Seen) == Seen(["pod"])
    assert memories.of("a", Counted) == Counted(7)


def test_stacks_are_told_apart() -> None:
    memories = Memories()
    memories.of("a", Counted).total = 7

    assert memories.of("b", Counted) == Counted()


def test_a_feature_sees_its_part_of_every_stack_and_no_other() -> None:
    memories = Memories()
    memories.of("a", Counted).total = 1
    memories.of("b", Counted).total = 2
    memories.of("c", Seen)

    assert [part.total for part in memories.each(Counted)] == [1, 2]


def test_all_of_a_stack_is_dropped_at_once() -> None:
    memories = Memories()
    memories.of("a", Seen).names.append("pod")
    memories.of("a", Counted).total = 7
    memories.of("b", Counted).total = 8
    memories.drop("a")
    memories.drop("never known")

    assert (memories.of("a", Seen), memories.of("a", Counted)) == (Seen(), Counted())
    assert memories.of("b", Counted) == Counted(8)


def test_a_pass_that_outlives_its_stack_writes_to_what_nobody_reads() -> None:
    memories = Memories()
    part = memories.of("a", Counted)
    memories.drop("a")
    part.total = 7

    assert memories.of("a", Counted) == Counted()


def test_stacks_that_are_not_there_are_dropped() -> None:
    memories = Memories()
    for uid in ("a", "b", "c"):
        memories.of(uid, Counted).total = 7
    memories.keep_only({"b", "d"})

    assert list(memories.each(Counted)) == [Counted(7)]
    assert memories.of("b", Counted) == Counted(7)
