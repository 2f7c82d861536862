"""Values that come from mounted files and follow them while the service runs."""

import logging
import time
from collections.abc import Callable, Iterable
from typing import Any, Generic, NamedTuple, TypeVar

from payment_service.text.mistakes import MistakesError

START_PAUSE = 0.01
"""Seconds between two looks at the start."""
MOST_START_LOOKS = 100

_log = logging.getLogger(__name__)

Content = TypeVar("Content")
Value = TypeVar("Value")


class _Unreadable(NamedTuple):
    """What is seen where nothing can be read."""

    mistakes: tuple[str, ...]


class Live(Generic[Content, Value]):
    """The last good value of some files' content.

    A content counts once two looks in a row have seen it, and so does what is refused: a file that
    is half written may read like a whole one, and files that belong together may be swapped between
    the reading of one and of the next.

    `current` is replaced in one step and never changed, so a reader takes it once and has a whole
    one. `generation` counts the good values from 1, `refusals` the contents that were no good;
    `refused` is the last of these with its mistakes (content None: it could not even be read), or
    None when the newest content is in effect.
    """

    def __init__(
        self,
        name: str,
        read: Callable[[], Content],
        parse: Callable[[Content], Value],
        pause: Callable[[float], object] = time.sleep,
    ) -> None:
        """Reads the first value; raises MistakesError if it is no good.

        `pause` waits for so many seconds, between the first looks.
        """
        self.name = name
        self._read = read
        self._parse = parse
        content = self._first_content(pause)
        self.current = parse(content)
        self.generation = 1
        self.refusals = 0
        self.refused: tuple[Content | None, MistakesError] | None = None
        self._seen: Content | _Unreadable = content
        self._judged = content

    def check(self) -> bool:
        """Looks at the files, takes a new value if it is good, and tells whether there is news.

        Contents are compared, not times: kubelet swaps a symbolic link above the file, and two
        writes may fall into one tick of a file system's clock.
        """
        before, self._seen = self._seen, self._look()
        if before != self._seen:
            return False
        if isinstance(self._seen, _Unreadable):
            return self._refuse(None, MistakesError(self._seen.mistakes))
        return self._judge(self._seen)

    def _first_content(self, pause: Callable[[float], object]) -> Content:
        seen = self._look()
        for _ in range(MOST_START_LOOKS):
            pause(START_PAUSE)
            before, seen = seen, self._look()
            if before == seen:
                break
        else:
            raise MistakesError([f"{self.name}: its files are being written all the time"])
        if isinstance(seen, _Unreadable):
            raise MistakesError(seen.mistakes)
        return seen

    def _look(self) -> Content | _Unreadable:
        try:
            return self._read()
        except MistakesError as mistakes:
            return _Unreadable(mistakes.texts)

    def _judge(self, content: Content) -> bool:
        unreadable_before = self.refused is not None and self.refused[0] is None
        if content == self._judged and not unreadable_before:
            return False
        self._judged = content
        try:
            value = self._parse(content)
        except MistakesError as mistakes:
            return self._refuse(content, mistakes)
        except Exception as error:  # noqa: BLE001 - see below
            # A defect of the service, and no reason to end: the last good value is still good.
            _log.error("failed to read %s", self.name, exc_info=error)
            message = f"{self.name}: the service failed to read it: {type(error).__name__}"
            return self._refuse(content, MistakesError([message]))
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
    """Looks at live values and tells of news, once each time that it is called."""

    def __init__(self, values: Iterable[AnyLive], tell: Callable[[AnyLive], None]) -> None:
        """`tell` hears of each value with news."""
        self._values = tuple(values)
        self._tell = tell

    def __call__(self) -> None:
        for value in self._values:
            if value.check():
                self._tell(value)
