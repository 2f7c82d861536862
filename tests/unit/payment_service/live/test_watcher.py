"""Values that follow their files."""

import json
import os
import threading
from pathlib import Path

import pytest

from billing_dev.eventually import eventually
from payment_service.live.watcher import AnyLive, Live, Watcher, read_required_file
from payment_service.profile.document import LoadedProfile, Profile, content_hash
from payment_service.text.mistakes import MistakesError
from support.cases import cases
from support.payment.profiles import a_full_document
from support.payment.service import a_service, get, log_lines, sample

HALF = b'{"successRate": 0.5}'
ONE = b'{"successRate": 1.0}'
REREAD = 1.0  # the time in which a change must be seen


def a_live_profile(path: Path) -> Live[bytes, LoadedProfile]:
    return Live("profile", lambda: read_required_file(path), LoadedProfile.from_file_content)


def mount(folder: Path, version: str, content: bytes) -> None:
    """Puts a file in place as kubelet does: by a swap of the symbolic link to its directory."""
    data = folder / version
    data.mkdir()
    (data / "profile.json").write_bytes(content)
    (folder / "..data_tmp").symlink_to(version)
    (folder / "..data_tmp").rename(folder / "..data")
    if not (folder / "profile.json").exists():
        (folder / "profile.json").symlink_to("..data/profile.json")


def test_a_mounted_directory_that_is_swapped_is_followed(tmp_path: Path) -> None:
    mount(tmp_path, "..1", HALF)
    live = a_live_profile(tmp_path / "profile.json")

    mount(tmp_path, "..2", ONE)

    assert live.check()
    assert live.current.profile.success_rate == 1
    assert live.generation == 2


def test_a_change_of_the_same_length_and_time_is_seen(tmp_path: Path) -> None:
    path = tmp_path / "profile.json"
    path.write_bytes(HALF)
    before = path.stat()
    live = a_live_profile(path)

    path.write_bytes(HALF.replace(b"0.5", b"0.7"))

    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))

    assert live.check()
    assert live.current.profile.success_rate == 0.7


def test_without_a_change_there_is_no_news(tmp_path: Path) -> None:
    path = tmp_path / "profile.json"
    path.write_bytes(HALF)
    live = a_live_profile(path)

    path.write_bytes(HALF)

    assert not live.check()
    assert live.generation == 1


@pytest.mark.parametrize(
    "bad", cases("the file has {0}", [b"", b"{}", b'{"successRate": 2}', None])
)
def test_a_bad_replacement_is_told_once_and_the_last_good_one_stays(
    tmp_path: Path, bad: bytes | None
) -> None:
    path = tmp_path / "profile.json"
    path.write_bytes(HALF)
    live = a_live_profile(path)

    path.unlink() if bad is None else path.write_bytes(bad)

    assert [live.check() for _ in range(3)] == [True, False, False]
    assert live.current.profile.success_rate == 0.5
    assert live.generation == 1
    assert live.refusals == 1


def test_after_a_bad_one_the_same_good_one_ends_the_complaint(tmp_path: Path) -> None:
    path = tmp_path / "profile.json"
    path.write_bytes(HALF)
    live = a_live_profile(path)
    for content in (b"{}", HALF):
        path.write_bytes(content)
        live.check()
    assert live.refused is None

    path.unlink()
    live.check()
    path.write_bytes(HALF)
    live.check()

    assert live.refused is None


def test_at_the_start_a_bad_file_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(MistakesError, match="no such file"):
        a_live_profile(tmp_path / "profile.json")


def test_a_reader_always_has_one_whole_profile(tmp_path: Path) -> None:
    path = tmp_path / "profile.json"
    contents = [f'{{"successRate": 0.{n}, "seed": {n}}}'.encode() for n in range(1, 10)]
    path.write_bytes(contents[0])
    live = a_live_profile(path)
    torn: list[LoadedProfile] = []
    end = threading.Event()

    def read() -> None:
        while not end.is_set():
            loaded = live.current
            if loaded.profile.success_rate != float(f"0.{loaded.profile.seed}"):
                torn.append(loaded)

    readers = [threading.Thread(target=read) for _ in range(2)]
    for reader in readers:
        reader.start()
    for content in contents * 2:
        (tmp_path / "new").write_bytes(content)
        (tmp_path / "new").rename(path)
        live.check()
    end.set()
    for reader in readers:
        reader.join()

    assert not torn
    assert live.generation == len(contents) * 2


def test_a_watcher_tells_of_news_and_ends_when_stopped(tmp_path: Path) -> None:
    path = tmp_path / "profile.json"
    path.write_bytes(HALF)
    live = a_live_profile(path)
    news: list[AnyLive] = []
    watcher = Watcher([live], news.append, interval=0.01)
    watcher.start()

    path.write_bytes(ONE)
    eventually(lambda: news == [live], within=REREAD)
    watcher.stop()

    assert not watcher.alive()


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
