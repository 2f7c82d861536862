"""The service follows its files, whatever becomes of them."""

import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from billing_dev.eventually import eventually
from payment_service.profile.document import Profile, content_hash
from support.payment.live_values import HALF, ONE, mount
from support.payment.profiles import a_full_document
from support.payment.service import a_service, get, log_lines, sample

REREAD = 1.0  # the time in which a change must be seen


def test_the_service_takes_a_new_profile_within_a_second(tmp_path: Path) -> None:
    mount(tmp_path, "..1", HALF)
    with a_service(tmp_path) as service:
        port = service.ops.number
        assert get(port, "/profile").json == {
            "hash": content_hash(HALF),
            "profile": {"successRate": 0.5, "seed": None},
            "source": "file",
            "faults": [],
            "tokens": [None],
        }

        mount(tmp_path, "..2", ONE)

        eventually(lambda: get(port, "/profile").json["hash"] == content_hash(ONE), within=REREAD)
        page = get(port, "/metrics").body
        assert sample(page, f'payment_profile_info{{hash="{content_hash(ONE)}"}}') == 1
        assert sample(page, "payment_profile_generation") == 2
        assert sample(page, "payment_profile_success_rate") == 1
    assert {"event": "profile_changed", "generation": 2}.items() <= log_lines(tmp_path)[-1].items()


def test_the_service_shows_what_is_wrong_with_a_profile_that_it_refused(tmp_path: Path) -> None:
    mount(tmp_path, "..1", HALF)
    with a_service(tmp_path) as service:
        port, bad = service.ops.number, b'{"successRate": 2, "sed": 1}'

        mount(tmp_path, "..2", bad)

        eventually(lambda: "refused" in get(port, "/profile").json, within=REREAD)
        document = get(port, "/profile").json
        assert document["hash"] == content_hash(HALF)
        assert document["refused"]["hash"] == content_hash(bad)
        assert document["refused"]["mistakes"] == [
            f"{tmp_path}/profile.json: successRate: 2 is not a number from 0 to 1",
            f"{tmp_path}/profile.json: sed: no such field; there are successRate, seed, "
            "declineReason, rules, faults, latency, limits, idempotency and duplicates",
        ]
        page = get(port, "/metrics").body
        assert sample(page, 'payment_reload_failures_total{file="profile"}') == 1
    assert log_lines(tmp_path)[-1]["event"] == "profile_refused"


def test_the_service_shows_a_profile_with_all_that_it_says(tmp_path: Path) -> None:
    content = json.dumps(a_full_document()).encode()
    mount(tmp_path, "..1", content)
    with a_service(tmp_path) as service:
        document = get(service.ops.number, "/profile").json

    assert Profile.from_json(json.dumps(document["profile"]).encode()) == Profile.from_json(content)


def test_the_service_takes_new_tokens_within_a_second(tmp_path: Path) -> None:
    with a_service(tmp_path) as service:
        (tmp_path / "previous").write_text("older")

        eventually(
            lambda: sample(get(service.ops.number, "/metrics").body, "payment_tokens_valid") == 2,
            within=REREAD,
        )
    assert log_lines(tmp_path)[-1]["event"] == "token_changed"


def test_a_profile_that_is_being_written_takes_effect_only_as_a_whole(tmp_path: Path) -> None:
    """Each beginning of it that ends with a line is TOML that parses, and another profile."""
    path = tmp_path / "profile.toml"
    path.write_text("successRate = 1\n")
    with a_service(tmp_path, profile_file=path) as service, path.open("a") as file:
        generations: list[int] = []

        def write_a_rule() -> int:
            number = len(generations)
            file.write(f'[[rules]]\nname = "rule-{number}"\naccept = true\n')
            file.flush()
            generations.append(service.mounted.profile.generation)
            return len(generations)

        eventually(write_a_rule, lambda written: written == 60, within=30, every=0.02)
        eventually(lambda: service.mounted.profile.generation == 2, within=REREAD)
        rules = get(service.ops.number, "/profile").json["profile"]["rules"]

    assert set(generations) == {1}
    assert len(rules) == 60


@pytest.mark.parametrize(
    ("make", "why"),
    [(os.mkfifo, "is not a plain file"), (Path.mkdir, "is not a plain file")],
    ids=["a FIFO is in its place", "a directory is in its place"],
)
def test_what_is_no_file_stops_neither_the_service_nor_its_end(
    tmp_path: Path, make: Callable[[Path], object], why: str
) -> None:
    path = tmp_path / "profile.json"
    path.write_bytes(HALF)
    with a_service(tmp_path) as service:
        port = service.ops.number
        path.unlink()
        make(path)

        eventually(lambda: "refused" in get(port, "/profile").json, within=REREAD)
        assert get(port, "/profile").json["refused"]["mistakes"] == [f"{path}: {why}"]
        assert get(port, "/livez").status == 200
        (tmp_path / "previous").write_text("older")
        eventually(
            lambda: sample(get(port, "/metrics").body, "payment_tokens_valid") == 2, within=REREAD
        )
