"""Values that follow their files."""

import os
import threading
from pathlib import Path

import pytest

from payment_service.files import read_required_file
from payment_service.live.watcher import MOST_START_LOOKS, AnyLive, Live, Watcher
from payment_service.profile.document import LoadedProfile
from payment_service.text.mistakes import MistakesError
from support.cases import cases
from support.payment.live_values import HALF, ONE, look_twice, mount, no_pause


def a_live_profile(path: Path) -> Live[bytes, LoadedProfile]:
    return Live("profile", lambda: read_required_file(path), LoadedProfile.from_file_content)


def test_a_mounted_directory_that_is_swapped_is_followed(tmp_path: Path) -> None:
    mount(tmp_path, "..1", HALF)
    live = a_live_profile(tmp_path / "profile.json")

    mount(tmp_path, "..2", ONE)

    assert look_twice(live)
    assert live.current.profile.success_rate == 1
    assert live.generation == 2


def test_a_change_of_the_same_length_and_time_is_seen(tmp_path: Path) -> None:
    path = tmp_path / "profile.json"
    path.write_bytes(HALF)
    before = path.stat()
    live = a_live_profile(path)

    path.write_bytes(HALF.replace(b"0.5", b"0.7"))

    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))

    assert look_twice(live)
    assert live.current.profile.success_rate == 0.7


def test_without_a_change_there_is_no_news(tmp_path: Path) -> None:
    path = tmp_path / "profile.json"
    path.write_bytes(HALF)
    live = a_live_profile(path)

    path.write_bytes(HALF)

    assert not look_twice(live)
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

    assert [live.check() for _ in range(4)] == [False, True, False, False]
    assert live.current.profile.success_rate == 0.5
    assert live.generation == 1
    assert live.refusals == 1


def test_after_a_bad_one_the_same_good_one_ends_the_complaint(tmp_path: Path) -> None:
    path = tmp_path / "profile.json"
    path.write_bytes(HALF)
    live = a_live_profile(path)
    for content in (b"{}", HALF):
        path.write_bytes(content)
        look_twice(live)
    assert live.refused is None

    path.unlink()
    look_twice(live)
    path.write_bytes(HALF)
    look_twice(live)

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
        look_twice(live)
    end.set()
    for reader in readers:
        reader.join()

    assert not torn
    assert live.generation == len(contents) * 2


def test_what_is_seen_once_never_counts_whether_it_would_be_good_or_not() -> None:
    looks = [HALF, HALF, ONE, HALF, b"{}", ONE, b"", ONE, ONE]
    live = Live("profile", iter(looks).__next__, LoadedProfile.from_file_content, no_pause)

    assert [live.check() for _ in looks[2:]] == [False] * 6 + [True]
    assert live.current.profile.success_rate == 1
    assert (live.generation, live.refusals, live.refused) == (2, 0, None)


def test_what_could_not_be_read_once_is_no_refusal() -> None:
    def read() -> bytes:
        if (look := next(looks)) is None:
            raise MistakesError(["no such file"])
        return look

    looks = iter([HALF, HALF, None, HALF, None, None])
    live = Live("profile", read, LoadedProfile.from_file_content, no_pause)

    assert [live.check() for _ in range(4)] == [False, False, False, True]
    assert live.refused is not None


def test_the_first_content_too_must_be_seen_twice() -> None:
    looks = iter([b"", HALF, ONE, ONE])
    pauses: list[float] = []
    live = Live("profile", looks.__next__, LoadedProfile.from_file_content, pauses.append)

    assert live.current.profile.success_rate == 1
    assert len(pauses) == 3
    assert sum(pauses) < 0.1


def test_a_file_that_is_written_all_the_time_does_not_hold_up_the_start_for_ever() -> None:
    looks = 0

    def read() -> bytes:
        nonlocal looks
        looks += 1
        return HALF + b" " * looks

    with pytest.raises(MistakesError, match="all the time"):
        Live("profile", read, LoadedProfile.from_file_content, no_pause)

    assert looks == MOST_START_LOOKS + 1


def test_a_defect_in_reading_a_content_is_a_refusal(caplog: pytest.LogCaptureFixture) -> None:
    def parse(content: bytes) -> bytes:
        if content == ONE:
            raise ZeroDivisionError
        return content

    live = Live("profile", iter([HALF, HALF, ONE, ONE, ONE]).__next__, parse, no_pause)

    assert [live.check() for _ in range(3)] == [False, True, False]
    assert live.current == HALF
    assert live.refused is not None
    assert "the service failed to read it: ZeroDivisionError" in live.refused[1].texts[0]
    assert "failed to read profile" in caplog.text


def test_a_watcher_looks_at_all_values_and_tells_of_those_with_news() -> None:
    still = Live("token", lambda: 1, lambda one: one, no_pause)
    moved = Live("profile", iter([1, 1, 2, 2, 2]).__next__, lambda one: one, no_pause)
    news: list[AnyLive] = []
    watcher = Watcher([still, moved], news.append)

    for _ in range(3):
        watcher()

    assert news == [moved]
