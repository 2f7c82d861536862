"""Counts the calls of this process that are not answered yet."""

import threading


class InFlight:
    """Counts the calls of this process, those whose reply is deferred among them."""

    def __init__(self) -> None:
        self._count = 0
        self._lock = threading.Lock()

    def enter(self, most: int | None) -> bool:
        """Counts one more, unless there are `most` (None: any number) already."""
        with self._lock:
            if most is not None and self._count >= most:
                return False
            self._count += 1
            return True

    def leave(self) -> None:
        """Counts one less."""
        with self._lock:
            self._count -= 1
