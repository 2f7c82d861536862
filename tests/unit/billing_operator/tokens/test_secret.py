"""What the operator's own Secret says, what each step makes of it, and what others may do to it."""

import base64
from datetime import UTC, datetime

import pytest

from billing_operator.kinds import Manifest
from billing_operator.tokens.secret import (
    Step,
    TokenSecret,
    ValidToken,
    completed,
    dropped,
    promoted,
    sealed,
    staged,
    without_old,
)
from support.operator.builders import a_secret

NOW = datetime(2025, 1, 1, tzinfo=UTC)
NEW = ValidToken(base64.b64encode(b"new").decode(), "second", users=True)
AT_REST = {"token": "old", "id": "first", "made": "2024-01-01T00:00:00Z", "request": "1"}
STAGED = {**AT_REST, "secondary": "new", "secondary-id": "second", "secondary-source": "user"}
PROMOTED = {
    "token": "new",
    "id": "second",
    "source": "user",
    "made": "2025-01-01T00:00:00Z",
    "request": "2",
    "secondary": "old",
    "secondary-id": "first",
    "step": "Promoted",
}


def of(**data: str) -> TokenSecret:
    return TokenSecret.of(a_secret(**data))


def told(manifest: Manifest) -> dict[str, str]:
    return {name: base64.b64decode(text).decode() for name, text in manifest["data"].items()}


def test_each_step_changes_what_it_is_about_and_nothing_else() -> None:
    secret = of(**AT_REST, note="theirs")

    after = staged(secret, NEW)
    assert told(after) == {**STAGED, "step": "Staged", "note": "theirs"}
    after = promoted(TokenSecret.of(after), NOW, "2")
    assert told(after) == {**PROMOTED, "note": "theirs"}
    after = without_old(TokenSecret.of(after))
    rest = {k: v for k, v in PROMOTED.items() if not k.startswith("secondary")}
    assert told(after) == {**rest, "step": "Retiring", "note": "theirs"}
    after = completed(TokenSecret.of(after), NOW)
    del rest["step"]
    assert told(after) == {**rest, "rotated-at": "2025-01-01T00:00:00Z", "note": "theirs"}
    assert after["metadata"] == secret.live["metadata"]


def test_what_is_dropped_leaves_no_trace() -> None:
    assert told(dropped(TokenSecret.of(staged(of(**AT_REST), NEW)))) == AT_REST


def test_a_request_is_remembered_where_a_rotation_had_another_cause() -> None:
    assert told(promoted(of(**STAGED, step="Staged"), NOW, None))["request"] == "1"


def test_nothing_of_a_token_shows_in_a_text() -> None:
    shown = repr(of(**PROMOTED)) + repr(NEW) + repr(NEW.sealed("salt"))

    assert "bmV3" not in shown
    assert "salt" not in shown


def test_digests_go_where_their_tokens_go() -> None:
    secret = TokenSecret.of(sealed(of(**AT_REST), "salt"))
    assert secret.current.digest

    after = TokenSecret.of(staged(secret, NEW.sealed("pepper")))
    assert (after.sealed, after.changed) == (True, False)
    swapped = TokenSecret.of(promoted(after, NOW, "2"))
    assert (swapped.sealed, swapped.changed) == (True, False)
    assert (swapped.current.digest, swapped.other) == (NEW.sealed("pepper").digest, secret.current)
    alone = TokenSecret.of(completed(TokenSecret.of(without_old(swapped)), NOW))
    assert alone.sealed
    assert told(alone.live).keys() == {"token", "id", "source", "digest", "made", "request"} | {
        "rotated-at"
    }
    assert told(dropped(after)) == told(secret.live)


@pytest.mark.parametrize("key", ["token", "id", "secondary", "secondary-id", "digest"])
def test_what_somebody_has_changed_shows(key: str) -> None:
    whole = sealed(of(**STAGED, step="Staged"), "salt")
    after = TokenSecret.of(a_secret(**(told(whole) | {key: "theirs"})))

    assert (after.changed, after.sealed) == (True, False)
    assert TokenSecret.of(sealed(after, "pepper")).sealed


def test_where_there_is_no_digest_nothing_is_known_to_be_changed() -> None:
    assert (of(**AT_REST).changed, of(**AT_REST).sealed) == (False, False)
    half = TokenSecret.of(staged(TokenSecret.of(sealed(of(**AT_REST), "salt")), NEW))
    assert (half.changed, half.sealed) == (False, False)


def test_a_digest_tells_nothing_of_a_token_to_who_has_not_its_key() -> None:
    digests = {NEW.sealed(key).digest for key in ("salt", "pepper")}

    assert len({(digest or "").rpartition(".")[2] for digest in digests}) == 2


@pytest.mark.parametrize(
    ("data", "step"),
    [
        ({}, None),
        ({"step": "Staged"}, None),
        ({"step": "Promoted"}, Step.RETIRING),
        ({"step": "Retiring"}, Step.RETIRING),
        ({"step": "Sideways"}, None),
        ({"secondary": "new"}, Step.PROMOTED),
        ({"secondary": "new", "step": "Staged"}, Step.STAGED),
        ({"secondary": "new", "step": "Promoted"}, Step.PROMOTED),
        ({"secondary": "new", "step": "Retiring"}, Step.PROMOTED),
        ({"secondary": "new", "step": "\xff"}, Step.PROMOTED),
    ],
    ids=[
        "no step",
        "staged without a second token",
        "promoted without a second token",
        "retiring without a second token",
        "an unknown step",
        "a second token without a step",
        "a second token that is staged",
        "a second token that is promoted",
        "a second token that is retiring",
        "a second token and a step that is no text",
    ],
)
def test_what_somebody_spoiled_is_taken_for_the_safer_of_two(
    data: dict[str, str], step: Step | None
) -> None:
    assert of(token="old", **data).step is step


def test_the_age_of_a_token_from_an_earlier_version_counts_from_its_secret() -> None:
    live = a_secret(token="old")
    live["metadata"]["creationTimestamp"] = "2024-05-01T00:00:00Z"

    assert TokenSecret.of(live).made == datetime(2024, 5, 1, tzinfo=UTC)
    live = a_secret(token="old", made="soon")
    live["metadata"]["creationTimestamp"] = "2024-05-01T00:00:00Z"
    assert TokenSecret.of(live).made == datetime(2024, 5, 1, tzinfo=UTC)


def test_an_unreadable_date_makes_no_token_old_that_was_rotated_lately() -> None:
    live = a_secret(token="old", made="soon", **{"rotated-at": "2024-06-01T00:00:00Z"})
    live["metadata"]["creationTimestamp"] = "2020-01-01T00:00:00Z"

    assert TokenSecret.of(live).made == datetime(2024, 6, 1, tzinfo=UTC)


def test_an_unreadable_date_of_a_rotation_is_not_told() -> None:
    """The API server would refuse the whole status for it."""
    assert of(token="old", **{"rotated-at": "lately"}).rotated_at is None
