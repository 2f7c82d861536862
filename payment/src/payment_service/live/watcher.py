"""Values that come from mounted files and follow them while the service runs."""

import threading
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, Generic, TypeVar

from payment_service.text.mistakes import MistakesError

LARGEST_FILE = 1048576
"""In bytes; as much as a ConfigMap or a Secret can hold."""

Content = TypeVar("Content")
Value = TypeVar("Value")


class Live(Generic[Content, Value]):
    """The last good value of some files' content.

    `current` is replaced in one step and never changed, so a reader takes it once and has a whole
    one. `generation` counts the good values from 1, `refusals` the contents that were no good;
    `refused` is the last of these with its mistakes (content None: it could not even be read), or
    None when the newest content is in effect.
    """

    def __init__(
        self, name: str, read: Callable[[], Content], parse: Callable[[Content], Value]
    ) -> None:
        """Reads the first value; raises MistakesError if it is no good."""
        self.name = name
        self._read = read
        self._parse = parse
        content = read()
        self.current = parse(content)
        self.generation = 1
        self.refusals = 0
        self.refused: tuple[Content | None, MistakesError] | None = None
        self._seen = content

    def check(self) -> bool:
        """Looks at the files, takes a new value if it is good, and tells whether there is news.

        Contents are compared, not times: kubelet swaps a symbolic link above the file, and two
        writes may fall into one tick of a file system's clock.
        """
        try:
            content = self._read()
        except MistakesError as mistakes:
            return self._refuse(None, mistakes)
        unreadable_before = self.refused is not None and self.refused[0] is None
        if content == self._seen and not unreadable_before:
            return False
        self._seen = content
        try:
            value = self._parse(content)
        except MistakesError as mistakes:
            return self._refuse(content, mistakes)
        self.current = value
        self.generation += 1
        self.refused = None
        return True

    def _refuse(self, content: Content | None, mistakes: MistakesError) -> bool:
        before = self.refused
        if before is not None and (before[0], before[1].texts) == (content, mistakes.texts):
            return False
        self.refused = (content, mistakes)
        self.refusals += 1
        return True


AnyLive = Live[Any, Any]


class Watcher:
    """A thread that checks live values, `interval` seconds apart, until it is stopped."""

    def __init__(
        self,
        values: Iterable[AnyLive],
        tell: Callable[[AnyLive], None],
        interval: float = 0.25,
        *,
        then: Callable[[], None] = lambda: None,
    ) -> None:
        """`tell` hears of each value with news; `then` is called after each look at all of them."""
        self._values = tuple(values)
        self._tell = tell
        self._then = then
        self._interval = interval
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="live-files", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def alive(self) -> bool:
        return self._thread.is_alive()

    def stop(self) -> None:
        self._stop.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._stop.wait(self._interval):
            for value in self._values:
                if value.check():
                    self._tell(value)
            self._then()


def read_file(path: Path) -> bytes | None:
    """Returns a file's content, None if there is no such file; raises MistakesError."""
    try:
        with path.open("rb") as file:
            content = file.read(LARGEST_FILE + 1)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise MistakesError([f"{path}: cannot be read: {error.strerror}"]) from None
    if len(content) > LARGEST_FILE:
        raise MistakesError([f"{path}: longer than {LARGEST_FILE} bytes"])
    return content


def read_required_file(path: Path) -> bytes:
    """Returns a file's content; raises MistakesError, also if there is no such file."""
    content = read_file(path)
    if content is None:
        raise MistakesError([f"{path}: no such file"])
    return content
