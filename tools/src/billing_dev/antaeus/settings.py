"""The stand-in's settings, read once from the environment; all mistakes are named together.

The original's own two variables are taken as they come: it starts with any value and fails later,
when asked to pay.
"""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from billing_dev.antaeus.builds import Build
from billing_dev.antaeus.invoices import MOST_INVOICES

_HIGHEST_PORT = 65535
_LONGEST_STARTUP = 3600

Value = TypeVar("Value")


class SettingsError(ValueError):
    """Every mistake in the environment, one per line."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What the stand-in is to do."""

    endpoint: str
    token: str
    build: Build
    invoices: int | None
    startup_seconds: float
    port: int
    database: Path
    keep_invoices: bool
    seed: int | None

    def __repr__(self) -> str:
        # The token must not end up in a log or in a failed test's output.
        return f"<Settings build={self.build} endpoint={self.endpoint}>"

    @classmethod
    def from_env(cls, environment: Mapping[str, str]) -> "Settings":
        """Reads all settings, or raises SettingsError with everything that is wrong."""
        read = _Reader(environment)
        settings = cls(
            endpoint=environment.get("PAYMENT_PROVIDER_ENDPOINT", "http://localhost:9000"),
            token=environment.get("PAYMENTS_API_TOKEN", "tokenunspecified"),
            build=read("ANTAEUS_BUILD", Build, "tinjis or pe", default=Build.TINJIS),
            invoices=read(
                "ANTAEUS_INVOICES",
                _number(int, MOST_INVOICES),
                f"a whole number from 0 to {MOST_INVOICES}",
                default=None,
            ),
            startup_seconds=read(
                "ANTAEUS_STARTUP_SECONDS",
                _number(float, _LONGEST_STARTUP),
                f"a number from 0 to {_LONGEST_STARTUP}",
                default=0.0,
            ),
            port=read("ANTAEUS_PORT", _port, f"a port from 0 to {_HIGHEST_PORT}", default=8000),
            database=read("ANTAEUS_DATABASE", Path, "a file", default=Path("/tmp/antaeus.db")),
            keep_invoices=read("ANTAEUS_KEEP_INVOICES", _flag, "true or false", default=False),
            seed=read("ANTAEUS_SEED", int, "a whole number", default=None),
        )
        if read.mistakes:
            raise SettingsError("\n".join(read.mistakes))
        return settings


class _Reader:
    """Reads one variable after the other and collects what is wrong."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        self._environment = environment
        self.mistakes: list[str] = []

    def __call__(
        self, name: str, parse: Callable[[str], Value | None], wanted: str, *, default: Value
    ) -> Value:
        text = self._environment.get(name, "")
        if not text:
            return default
        try:
            value = parse(text)
        except ValueError:
            self.mistakes.append(f"{name}: {text!r} is not {wanted}")
            return default
        return default if value is None else value


def _number(kind: Callable[[str], Value], most: float) -> Callable[[str], Value]:
    def parse(text: str) -> Value:
        value = kind(text)
        if not (math.isfinite(number := float(text)) and 0 <= number <= most):
            raise ValueError(text)
        return value

    return parse


def _flag(text: str) -> bool:
    if text not in ("true", "false"):
        raise ValueError(text)
    return text == "true"


def _port(text: str) -> int | None:
    # Kubernetes sets ANTAEUS_PORT=tcp://<address>:8000 next to a Service called "antaeus".
    return None if text.startswith("tcp://") else _number(int, _HIGHEST_PORT)(text)
