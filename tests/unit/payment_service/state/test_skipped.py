"""Telling what of the store cannot be read."""

import pytest

from payment_service.state.skipped import Skipped


def test_an_entry_counts_and_is_logged_once(caplog: pytest.LogCaptureFixture) -> None:
    skipped = Skipped()
    assert set(skipped.counts.values()) == {0}

    for name in ("a", "b\n", "a"):
        skipped.add("totals", name)

    assert skipped.counts["totals"] == 2
    assert [record.getMessage() for record in caplog.records] == [
        "skipped 'a' of totals, which cannot be read: of another version",
        "skipped 'b\\n' of totals, which cannot be read: of another version",
    ]


def test_of_very_many_only_the_first_are_logged(caplog: pytest.LogCaptureFixture) -> None:
    skipped = Skipped()

    for number in range(20_000):
        skipped.add("journal", str(number))

    assert skipped.counts["journal"] == 20_000
    assert len(caplog.records) == 20
    assert caplog.records[-1].getMessage().endswith("more of them will only be counted")
