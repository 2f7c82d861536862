"""Whose an object is: by uid alone, since names come again."""

import pytest

from billing_operator.children.ownership import owned_by, refuse_foreign, refuse_unless_given
from billing_operator.errors import SpecError, Waiting
from support.operator.builders import a_stack, an_object, owned

ADOPT = {"billing.antaeus.io/adopt": "shop"}


def test_an_object_is_owned_by_the_uid_that_controls_it() -> None:
    mine = an_object("Service", "shop-antaeus", ownerReferences=owned("stack-uid"))

    assert owned_by(mine, "stack-uid")
    assert not owned_by(mine, "another-uid")


def test_an_owner_that_does_not_control_owns_nothing() -> None:
    (reference,) = owned("stack-uid")
    other = an_object("Service", "x", ownerReferences=[reference | {"controller": False}])

    assert not owned_by(other, "stack-uid")
    assert not owned_by(an_object("Service", "x", ownerReferences=None), "stack-uid")


def test_the_stacks_own_passes() -> None:
    refuse_foreign(a_stack(), an_object("Secret", "x", ownerReferences=owned()), remedy="")


def test_what_an_earlier_stack_of_the_name_left_behind_is_waited_for() -> None:
    left = an_object("Secret", "shop-token", ownerReferences=owned("earlier-uid", "shop"))

    with pytest.raises(Waiting, match="earlier stack") as caught:
        refuse_foreign(a_stack(), left, remedy="")
    assert caught.value.retry_seconds == 1.0


@pytest.mark.parametrize("owners", [[], owned("other-uid", "other")], ids=["nobody", "another"])
def test_what_is_foreign_is_refused_with_a_remedy(owners: list[dict[str, object]]) -> None:
    foreign = an_object("Secret", "shop-token", ownerReferences=owners)

    with pytest.raises(SpecError, match=r"Secret shop-token .*not touched.*rename it") as caught:
        refuse_foreign(a_stack(), foreign, remedy="rename it")
    assert (caught.value.reason, caught.value.condition) == ("NameConflict", "NameConflict")


def test_what_its_owner_hands_over_passes() -> None:
    refuse_unless_given(a_stack(), an_object("Service", "shop-antaeus", annotations=ADOPT))


@pytest.mark.parametrize(
    "annotations",
    [None, {}, {"billing.antaeus.io/adopt": "another"}],
    ids=["no annotations", "empty annotations", "handed to another stack"],
)
def test_what_is_not_handed_to_this_stack_is_refused(annotations: dict[str, str] | None) -> None:
    foreign = an_object("Service", "shop-antaeus", annotations=annotations)
    command = r"kubectl annotate --overwrite -n payments service shop-antaeus \S+/adopt=shop"

    with pytest.raises(SpecError, match=command):
        refuse_unless_given(a_stack(), foreign)


def test_what_somebody_controls_can_not_be_handed_over() -> None:
    theirs = an_object(
        "Service", "shop-antaeus", annotations=ADOPT, ownerReferences=owned("other", "other")
    )

    with pytest.raises(SpecError, match="rename the stack") as caught:
        refuse_unless_given(a_stack(), theirs)
    # It would change nothing.
    assert "annotate" not in caught.value.message
