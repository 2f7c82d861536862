"""Where a store is, as a person writes it."""

import pytest

from payment_service.settings import Settings
from payment_service.text.mistakes import MistakesError
from payment_service.text.store_address import StoreAddress
from support.cases import cases


@pytest.mark.parametrize(
    ("url", "address"),
    cases(
        "the address is {0}",
        [
            ("redis://store", StoreAddress("store")),
            ("redis://store/", StoreAddress("store")),
            ("redis://10.0.0.1:7000/2", StoreAddress("10.0.0.1", 7000, 2)),
            ("redis://[::1]:7000", StoreAddress("::1", 7000)),
            (
                "rediss://me@store.example:6380",
                StoreAddress("store.example", 6380, user="me", encrypted=True),
            ),
        ],
    ),
)
def test_an_address_is_read_and_written_the_same(url: str, address: StoreAddress) -> None:
    assert StoreAddress.from_url(url) == address
    assert StoreAddress.from_url(str(address)) == address


@pytest.mark.parametrize(
    "url",
    cases(
        "the address is {0}",
        [
            "",
            "store:6379",
            "http://store",
            "redis://",
            "redis://store:0",
            "redis://store:65536",
            "redis://store:x",
            "redis://store/zero",
            "redis://store/0/1",
            "redis://store?db=1",
            "redis://store#1",
            "redis://st ore",
            "redis://a b@store",
            "redis://[::1",
            "redis://me:geheim@store",
            "redis://:geheim@store",
        ],
    ),
)
def test_anything_else_is_refused_and_not_shown_for_it_may_hold_a_password(url: str) -> None:
    with pytest.raises(MistakesError) as caught:
        Settings.from_env({"PAYMENT_STORE_URL": url})

    [mistake] = caught.value.texts
    assert mistake.startswith("PAYMENT_STORE_URL: is not redis://host:6379/0")
    assert "geheim" not in "".join(map(str, (mistake, caught.value, caught.value.__cause__)))
