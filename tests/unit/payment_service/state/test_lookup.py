"""Looking up the store's name with a resolver that takes its time."""

import threading
from collections.abc import Iterator
from time import monotonic
from typing import Any

import pytest

from billing_dev.eventually import eventually
from payment_service.state.lookup import Lookup


class Resolver:
    """Answers only while it may, with one address more each time."""

    def __init__(self) -> None:
        self.may = threading.Event()
        self.asked = 0
        self.answered = 0

    def __call__(self, name: str, port: int, **_: Any) -> list[Any]:
        assert (name, port) == ("store", 6379)
        self.asked += 1
        self.may.wait(30)
        self.answered += 1
        return [(0, 0, 0, "", (f"10.0.0.{number}", port)) for number in range(self.answered)]


@pytest.fixture
def resolver() -> Iterator[Resolver]:
    resolver = Resolver()
    yield resolver
    resolver.may.set()


def test_the_name_is_looked_up_anew_each_time(resolver: Resolver) -> None:
    resolver.may.set()
    lookup = Lookup("store", 6379, resolver)

    assert lookup.addresses(5) == ["10.0.0.0"]
    assert lookup.addresses(5) == ["10.0.0.0", "10.0.0.1"]


def test_a_resolver_that_hangs_is_given_up_and_not_asked_by_more_threads(
    resolver: Resolver,
) -> None:
    lookup = Lookup("store", 6379, resolver)
    began = monotonic()

    for _ in range(3):
        with pytest.raises(TimeoutError):
            lookup.addresses(0.05)

    assert monotonic() - began < 5
    assert resolver.asked == 1


def test_what_came_too_late_is_for_the_next_one_who_asks(resolver: Resolver) -> None:
    lookup = Lookup("store", 6379, resolver)
    with pytest.raises(TimeoutError):
        lookup.addresses(0.01)
    resolver.may.set()
    eventually(lambda: resolver.answered == 1, within=5)

    assert lookup.addresses(5) == ["10.0.0.0"]
    assert resolver.asked == 1
    assert lookup.addresses(5) == ["10.0.0.0", "10.0.0.1"]


def test_an_address_is_not_looked_up(resolver: Resolver) -> None:
    assert Lookup("127.0.0.1", 6379, resolver).addresses(0) == ["127.0.0.1"]
    assert Lookup("::1", 6379, resolver).addresses(0) == ["::1"]
    assert resolver.asked == 0


def test_a_name_without_an_address_is_an_error() -> None:
    with pytest.raises(OSError, match="no address"):
        Lookup("store", 6379, lambda *_, **__: []).addresses(5)
    with pytest.raises(ValueError, match="label"):
        Lookup("a..b", 6379).addresses(5)
