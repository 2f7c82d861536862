"""Names and labels that several modules agree on."""

from hypothesis import given
from hypothesis import strategies as st

from billing_operator import names

STACKS = st.from_regex(r"[a-z]([-a-z0-9]{0,20}[a-z0-9])?", fullmatch=True)


def children(stack: str) -> set[str]:
    return {
        names.part_name(stack, names.ANTAEUS),
        names.part_name(stack, names.PAYMENT),
        names.token_secret_name(stack),
        names.profile_name(stack),
        names.default_deny_name(stack),
    }


@given(STACKS, STACKS)
def test_children_of_two_stacks_never_share_a_name(one: str, other: str) -> None:
    assert one == other or not children(one) & children(other)


@given(STACKS, STACKS, st.sampled_from(["antaeus", "payment", "token", "default-deny"]))
def test_not_even_where_one_is_named_like_a_child_of_the_other(
    one: str, other: str, part: str
) -> None:
    assert not children(f"{one}-{part}") & children(one)
    assert one == other or not children(f"{one}-{part}") & children(f"{other}-{part}")


def test_the_longest_stack_has_children_with_names_that_a_service_may_have() -> None:
    assert max(len(name) for name in children("a" * 40)) <= 63


def test_a_selector_is_part_of_the_labels_and_has_two_keys() -> None:
    selector = names.selector("shop", names.PAYMENT)

    assert len(selector) == 2
    assert selector.items() <= names.labels("shop", names.PAYMENT).items()
    assert names.pods_of_stack("shop").items() <= names.labels("shop", names.PAYMENT).items()


def test_the_parts_of_a_stack_never_select_each_others_pods() -> None:
    antaeus, payment = (names.labels("shop", part) for part in (names.ANTAEUS, names.PAYMENT))

    assert not names.selector("shop", names.ANTAEUS).items() <= payment.items()
    assert not names.selector("shop", names.PAYMENT).items() <= antaeus.items()


def test_a_selector_as_text_is_what_list_calls_take() -> None:
    assert names.selector_text("shop", "payment") == (
        "billing.antaeus.io/part=payment,billing.antaeus.io/stack=shop"
    )


def test_children_bear_the_label_that_the_watches_ask_for() -> None:
    assert names.stack_labels("shop")[names.STACK_LABEL] == "shop"


def test_a_service_is_found_from_any_namespace() -> None:
    assert names.service_host("shop", "payment", "payments") == "shop-payment.payments.svc"
