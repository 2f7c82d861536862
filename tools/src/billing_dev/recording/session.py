"""A shell in a terminal of our own: commands are typed into it, and what it prints is recorded."""

import re
import signal
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from types import TracebackType
from typing import Self

import pexpect

from billing_dev.cluster.errors import give_up
from billing_dev.recording.cast import Cast, Event

WIDTH, HEIGHT = 100, 24
# Waits of the recording that are longer are not played in full.
IDLE_SECONDS = 0.4
_PROMPT = "\x1b[1;32m$ \x1b[0;1m"
# The same as bash is told it, and what ends the command's own look before it prints anything.
_SHELL = {"PS1": r"\[\e[1;32m\]$ \[\e[0;1m\]", "PS0": r"\e[0m", "PS2": "> "}
# Without the ^C of whoever ends a watch: the prompt would stand behind it.
_BASH = "stty -echoctl && exec bash --norc --noprofile --noediting -i"
# Between two words that are typed.
_WORD_SECONDS = 0.06
_LOOK_SECONDS = 0.2
# A watch is a moment behind what it watches.
_BEHIND_SECONDS = 0.4


class Session:
    """A bash whose terminal is recorded."""

    def __init__(self, folder: Path, environment: Mapping[str, str]) -> None:
        """Starts in that folder; of this process's own environment it gets nothing."""
        self._tape = _Tape()
        self._bash = pexpect.spawn(
            "sh",
            ["-c", _BASH],
            cwd=str(folder),
            env={"TERM": "xterm-256color", "LANG": "C.UTF-8", **environment, **_SHELL},
            dimensions=(HEIGHT, WIDTH),
            encoding="utf-8",
            preexec_fn=_take_interrupts,
        )
        self._bash.logfile_read = self._tape
        # What is typed need not wait for the terminal: it is quiet by then.
        self._bash.delaybeforesend = None

    def __enter__(self) -> Self:
        self._until_prompt(within=10)
        return self

    def __exit__(
        self, _type: type[BaseException] | None, _error: object, _trace: TracebackType | None
    ) -> None:
        self._bash.close(force=True)

    def run(self, command: str, *, within: float = 60.0) -> str:
        """Types a command and waits for its end; returns what it printed."""
        self._type(command)
        return self._until_prompt(within=within)

    def paste(self, command: str) -> str:
        """The same, but all of the command appears at once."""
        self._send(command)
        self._record_for(IDLE_SECONDS)
        self._send("\n")
        return self._until_prompt(within=60)

    def watch(self, command: str, *, until: Callable[[], bool], within: float) -> None:
        """Types a command that goes on, and ends it with Ctrl-C once that holds."""
        self._type(command)
        end = time.monotonic() + within
        while not until():
            if time.monotonic() > end:
                give_up(f"{command}: nothing came of it within {within:g} s")
            self._record_for(_LOOK_SECONDS)
        self._record_for(_BEHIND_SECONDS)
        self._bash.sendintr()
        self._until_prompt(within=10)

    def mark(self, what: str) -> None:
        """Marks what stands on the screen now as something to read."""
        self._tape.mark(what)

    def cast(self, title: str) -> Cast:
        """What was recorded until now."""
        return Cast(WIDTH, HEIGHT, title, IDLE_SECONDS, tuple(self._tape.events))

    def _type(self, command: str) -> None:
        for word in re.findall(r"\S+\s*", command):
            self._send(word)
            self._record_for(_WORD_SECONDS)
        self._send("\n")

    def _send(self, text: str) -> None:
        self._bash.send(text)

    def _record_for(self, seconds: float) -> None:
        self._bash.expect(pexpect.TIMEOUT, timeout=seconds)

    def _until_prompt(self, *, within: float) -> str:
        index = self._bash.expect_exact([_PROMPT, pexpect.TIMEOUT, pexpect.EOF], timeout=within)
        printed = str(self._bash.before)
        if index:
            give_up(f"No prompt came within {within:g} s; the terminal said:\n{printed}")
        return printed


def _take_interrupts() -> None:
    """A shell has what it starts in the background ignore Ctrl-C, and that is inherited."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


class _Tape:
    """Takes down what the terminal prints, and when."""

    def __init__(self) -> None:
        self._began = time.monotonic()
        self.events: list[Event] = []

    def write(self, text: str) -> None:
        """Takes down one piece."""
        self.events.append(Event(time.monotonic() - self._began, text))

    def mark(self, what: str) -> None:
        """Puts a marker behind what was printed."""
        self.events.append(Event(time.monotonic() - self._began, what, marker=True))

    def flush(self) -> None:
        """Nothing is held back."""
