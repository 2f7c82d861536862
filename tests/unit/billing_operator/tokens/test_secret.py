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
    assert "bmV3" not in repr(of(**PROMOTED)) + repr(NEW)


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
