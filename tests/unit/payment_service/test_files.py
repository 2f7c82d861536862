"""Files that others write, and what stands in the place of one."""

import os
import socket
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from payment_service.files import LARGEST_FILE, Impatient, read_file, read_required_file
from payment_service.text.mistakes import MistakesError
from support.cases import cases


def a_socket(path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as unix:
        unix.bind(str(path))


def a_link_to_a_device(path: Path) -> None:
    path.symlink_to("/dev/zero")


def a_link_to_a_fifo(path: Path) -> None:
    os.mkfifo(path.with_name("fifo"))
    path.symlink_to("fifo")


@pytest.mark.parametrize(
    "make",
    [os.mkfifo, a_link_to_a_fifo, a_link_to_a_device, Path.mkdir, a_socket],
    ids=[
        *("it is a FIFO", "it leads to a FIFO", "it leads to a device", "it is a directory"),
        "it is a socket",
    ],
)
def test_what_is_no_plain_file_is_refused_and_not_waited_for(
    tmp_path: Path, make: Callable[[Path], object]
) -> None:
    path = tmp_path / "it"
    make(path)

    with pytest.raises(MistakesError) as refused:
        read_file(path)

    assert refused.value.texts == (f"{path}: is not a plain file",)


def test_a_file_that_a_link_leads_to_is_read(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"content")
    (tmp_path / "link").symlink_to("file")

    assert read_file(tmp_path / "link") == b"content"


@pytest.mark.parametrize(
    ("name", "why"),
    cases(
        "the name {0} {1}",
        [
            ("file/below", "cannot be read: Not a directory"),
            ("x" * 300, "cannot be read: File name too long"),
            ("a\0b", "cannot be read: no name of a file"),
        ],
    ),
)
def test_what_cannot_be_read_says_why(tmp_path: Path, name: str, why: str) -> None:
    (tmp_path / "file").write_bytes(b"content")

    with pytest.raises(MistakesError, match=why):
        read_file(tmp_path / name)


def test_a_file_that_is_not_there_is_none_unless_it_must_be(tmp_path: Path) -> None:
    assert read_file(tmp_path / "gone") is None
    with pytest.raises(MistakesError, match="no such file"):
        read_required_file(tmp_path / "gone")


def test_no_file_is_read_beyond_its_bound(tmp_path: Path) -> None:
    with (tmp_path / "file").open("wb") as file:
        file.truncate(LARGEST_FILE + 1)

    with pytest.raises(MistakesError, match=f"longer than {LARGEST_FILE} bytes"):
        read_file(tmp_path / "file")


class Hangs:
    """Answers only once it is released."""

    def __init__(self) -> None:
        self.release = threading.Event()
        self.calls = 0

    def __call__(self) -> str:
        self.calls += 1
        self.release.wait(30)
        return "at last"


def test_what_hangs_is_given_up_and_asked_again_only_once_it_has_ended() -> None:
    hangs = Hangs()
    impatient = Impatient("the disk", hangs, 0.02)

    for _ in range(3):
        with pytest.raises(MistakesError, match=r"the disk: no answer within 0\.02 s"):
            impatient()
    assert hangs.calls == 1

    hangs.release.set()
    patient = Impatient("the disk", hangs, 10)
    assert patient() == "at last"


def test_what_fails_in_time_fails_as_it_did() -> None:
    with pytest.raises(ZeroDivisionError):
        Impatient("a sum", lambda: 1 // 0, 10)()
