"""One spelling for all that means the same to Kubernetes."""

from fractions import Fraction

import pytest
from hypothesis import assume, given
from hypothesis import strategies as some

from billing_operator.spec.spelling import in_one_spelling, quantity

BINARY = {"Ki": 1024, "Mi": 1024**2, "Gi": 1024**3, "Ti": 1024**4, "Pi": 1024**5, "Ei": 1024**6}
DECIMAL = {
    "n": Fraction(1, 10**9),
    "m": Fraction(1, 1000),
    "": Fraction(1),
    "k": Fraction(1000),
    "G": Fraction(10**9),
}
# Kubernetes counts no more than this.
MOST = 2**63
UNITS = {unit: Fraction(scale) for unit, scale in BINARY.items()} | DECIMAL


@given(some.integers(0, 5000), some.sampled_from(sorted(UNITS)), some.sampled_from(sorted(UNITS)))
def test_two_quantities_have_one_spelling_if_they_are_the_same(
    number: int, unit: str, other: str
) -> None:
    amount = Fraction(number) * UNITS[unit]
    assume(amount < MOST)
    in_other = amount / UNITS[other]

    assert quantity(f"{number}{unit}") == quantity(f"{number}.0{unit}")
    if in_other.denominator == 1:
        assert quantity(f"{in_other}{other}") == quantity(f"{number}{unit}")
    assert (quantity(f"{number}{unit}") == quantity(f"{number + 1}{unit}")) is False


@pytest.mark.parametrize(
    ("written", "spelled"),
    [
        ("1Gi", "1Gi"),
        ("1024Mi", "1Gi"),
        ("1.5Gi", "1536Mi"),
        ("256Mi", "256Mi"),
        ("100m", "100m"),
        ("0.1", "100m"),
        (1, "1"),
        ("1000m", "1"),
        ("1e3", "1k"),
        ("1G", "1G"),
        ("0", "0"),
        ("0Gi", "0"),
        (-1, "-1"),
    ],
)
def test_most_stay_as_people_write_them(written: object, spelled: str) -> None:
    assert quantity(written) == spelled


@pytest.mark.parametrize(
    "text", ["", "much", "1 Gi", "1gi", "1e999999999", "1" * 31, "0.1n"], ids=repr
)
def test_what_is_no_quantity_is_left_as_it_is(text: str) -> None:
    assert quantity(text) is None
    assert in_one_spelling({"resources": {"limits": {"memory": text}}}) == {
        "resources": {"limits": {"memory": text}}
    }


def test_only_what_stands_at_the_place_of_a_quantity_is_one() -> None:
    env = [{"name": "B", "value": "1024Mi"}, {"name": "A", "value": "1000m"}]

    assert in_one_spelling({"env": env}) == {"env": [env[1], env[0]]}
    assert in_one_spelling({"args": ["b", "a", "1024Mi"]}) == {"args": ["b", "a", "1024Mi"]}
