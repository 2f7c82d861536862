"""The profile document."""

import hashlib

import pytest

from payment_service.mistakes import MistakesError
from payment_service.profile.document import LoadedProfile, Profile


@pytest.mark.parametrize(
    ("raw", "profile"),
    [
        (b'{"successRate": 0.5, "seed": 42}', Profile(0.5, 42)),
        (b'{"successRate": 0.25}', Profile(0.25, None)),
        (b'{"seed": null, "successRate": 1}', Profile(1.0, None)),
        (b'{"successRate": 0, "seed": 0}', Profile(0.0, 0)),
        (b'{"successRate": 5e-1, "seed": 9223372036854775807}', Profile(0.5, 2**63 - 1)),
    ],
)
def test_a_good_profile_is_read(raw: bytes, profile: Profile) -> None:
    assert Profile.from_json(raw) == profile


@pytest.mark.parametrize(
    ("raw", "named"),
    [
        (b"", ["not JSON"]),
        (b"{", ["not JSON"]),
        (b"[]", ["object"]),
        (b'{"successRate": 0.5, "successRate": 1}', ["twice"]),
        (b'{"successRate": NaN}', ["NaN"]),
        (b"{}", ["successRate: nothing"]),
        (b'{"successRate": null}', ["successRate"]),
        (b'{"successRate": "0.5"}', ["successRate: '0.5'"]),
        (b'{"successRate": true}', ["successRate: True"]),
        (b'{"successRate": 1.0000001}', ["successRate: 1.0000001"]),
        (b'{"successRate": -0.1}', ["successRate: -0.1"]),
        (b'{"successRate": 1e400}', ["successRate: 1e400"]),
        (b'{"successRate": 1, "seed": -1}', ["seed: -1"]),
        (b'{"successRate": 1, "seed": 1.0}', ["seed: 1.0"]),
        (b'{"successRate": 1, "seed": "1"}', ["seed: '1'"]),
        (b'{"successRate": 1, "seed": false}', ["seed: False"]),
        (b'{"successRate": 1, "seed": 9223372036854775808}', ["seed: 9223372036854775808"]),
        (b'{"successrate": 2, "seed": -1, "x": 1}', ["successrate", "x:", "successRate", "seed"]),
    ],
)
def test_every_mistake_of_a_bad_profile_is_named(raw: bytes, named: list[str]) -> None:
    with pytest.raises(MistakesError) as caught:
        Profile.from_json(raw)

    assert len(caught.value.texts) == len(named)
    for text, name in zip(caught.value.texts, named, strict=True):
        assert name in text


def test_a_profile_is_told_apart_by_the_very_bytes_of_its_file() -> None:
    raw = b'{"successRate": 0.5}\n'

    assert LoadedProfile.from_file_content(raw).hash == hashlib.sha256(raw).hexdigest()


def test_without_a_file_half_of_the_charges_succeed_by_chance() -> None:
    assert LoadedProfile.from_file_content(None) == LoadedProfile(Profile(0.5, None), None)


def test_a_profile_is_written_as_it_is_read() -> None:
    assert Profile(0.5, 42).as_json() == {"successRate": 0.5, "seed": 42}
