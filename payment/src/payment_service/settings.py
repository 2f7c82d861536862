"""The settings: environment variables, read once at the start, all mistakes told together."""

import difflib
import ipaddress
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from payment_service.log.libraries import LEVELS
from payment_service.profile.document import DEFAULT_SUCCESS_RATE, Profile
from payment_service.text import whole_numbers
from payment_service.text.mistakes import MistakesError
from payment_service.text.store_address import StoreAddress

_MOST_QUESTIONS = 10
"""How many questions to the store a charge asks at most."""
_OWN_SECONDS = 1.5
"""How long a charge takes besides, on a busy machine."""
_LINK_HINT = "; Kubernetes sets it so for a Service of that name: set enableServiceLinks to false"


@dataclass(frozen=True, slots=True)
class Settings:
    """All settings; the variable of each is its name in capitals after `PAYMENT_`."""

    host: str = "::"
    """Address to listen on; `::` for all, of IPv6 and IPv4 where the host has both."""
    port: int = 9000
    """Port for charges; 0 takes a free one."""
    ops_port: int = 9001
    """Port for probes, metrics and the profile; 0 takes a free one."""
    control_port: int | None = None
    """Port of the control API and its page; 0 takes a free one, None (the default) opens none."""
    control_token_file: Path | None = None
    """File that holds the control API's own token and nothing else; needed with the port."""
    threads: int = 8
    """Threads that answer charges, 1 to 256."""
    ops_threads: int = 2
    """Threads that answer on the operations port, 1 to 16."""
    require_token: bool = True
    """Whether a charge needs a token; if not, a nameless currency is taken as well."""
    token_file: Path = Path("/etc/payment/token/token")
    """File that holds the token and nothing else."""
    previous_token_file: Path = Path("/etc/payment/token/previous")
    """File of a token that is also valid; may be absent."""
    token_id_file: Path = Path("/etc/payment/token/id")
    """File of what the token is called, up to 64 letters, digits and . _ -; may be absent."""
    previous_token_id_file: Path = Path("/etc/payment/token/previous-id")
    """File of what the other token is called; may be absent."""
    profile_file: Path = Path("/etc/payment/profile/profile.json")
    """File of the profile."""
    profile_required: bool = False
    """Not a variable: true if the profile's file was named, so that it must be there."""
    success_rate: float | None = None
    """The profile's success rate where no file is named, from 0 to 1; None: what the file says."""
    seed: int | None = None
    """The profile's seed where no file is named, 0 to 2**63-1."""
    max_body_bytes: int = 16384
    """Largest body of a charge call, 256 to 1048576 bytes."""
    attempts_kept: int = 30000
    """How many charges' attempts are remembered, 1 to 10000000."""
    deferred_replies: int = 500
    """How many replies can be deferred at a time, 1 to 10000."""
    keys_kept: int = 30000
    """How many idempotency keys are remembered, and charges to find duplicates; 1 to 10000000."""
    bookings_kept: int = 30000
    """How many bookings, and rows of totals, the ledger has; 1 to 10000000."""
    journal_kept: int = 10000
    """How many calls the journal has, 1 to 1000000."""
    store_url: StoreAddress | None = None
    """Redis in which all replicas remember together; none: each remembers for itself."""
    store_password_file: Path | None = None
    """File that holds the store's password."""
    store_prefix: str = "payment"
    """What all keys in the store begin with, in braces; replicas with the same one share them."""
    store_seconds: float = 0.35
    """How long one connection to the store, and one answer on it, may take, 0.05 to 1.2 s."""
    store_failure_policy: str = "Refuse"
    """While the store is lost: `Refuse` charges, or go on per process (`Local`)."""
    drain_seconds: float = 5.0
    """After the signal to stop: how long new connections are still accepted, 0 to 3600 s."""
    idle_seconds: float = 6.0
    """After the signal: how long a connection without a request stays open, 0.1 to 3600 s."""
    answer_seconds: float = 10.0
    """After both: how long the slowest answer may still take, 0 to 3600 s."""
    totals_file: Path | None = None
    """File that has the totals of this process, such as its container's termination message."""
    log_level: str = "info"
    """From which level on the service and its libraries log; charges are always logged."""

    @classmethod
    def from_env(cls, env: Mapping[str, str]) -> "Settings":
        """Reads the variables that begin with `PAYMENT_`; raises MistakesError."""
        values: dict[str, Any] = {"profile_required": "PAYMENT_PROFILE_FILE" in env}
        mistakes = [_unknown(name) for name in env if not _is_expected(name, env[name])]
        for name, read in _READERS.items():
            variable = f"{_BEGIN}{name.upper()}"
            if variable not in env:
                continue
            try:
                values[name] = read(env[variable])
            except _UnfitError as error:
                mistakes.append(f"{variable}: {error.of(env[variable])}")
        settings = cls(**values)
        mistakes += settings._of_ports()
        if settings.store_url and settings.longest_decision() > settings.answer_seconds:
            mistakes.append(
                "PAYMENT_ANSWER_SECONDS: with PAYMENT_STORE_SECONDS a charge may take "
                f"{settings.longest_decision():g} s, so it must be at least that much"
            )
        doubled = [name for name in _OF_THE_PROFILE if name in env]
        if doubled and settings.profile_required:
            mistakes.append(
                f"{' and '.join(doubled)}: the file of PAYMENT_PROFILE_FILE says it; remove one"
            )
        if mistakes:
            raise MistakesError(mistakes)
        return settings

    def _of_ports(self) -> Iterator[str]:
        control = self.control_port
        if self.port == self.ops_port != 0:
            yield f"PAYMENT_OPS_PORT: {self.port} is the port for charges as well"
        if control and control in (self.port, self.ops_port):
            yield f"PAYMENT_CONTROL_PORT: {control} is the port of something else as well"
        if control is not None and self.control_token_file is None:
            yield "PAYMENT_CONTROL_TOKEN_FILE: must be set where PAYMENT_CONTROL_PORT is"

    @property
    def profile(self) -> Profile | None:
        """The profile that variables give; None if they give none, so that a file may."""
        if self.success_rate is None and self.seed is None:
            return None
        rate = DEFAULT_SUCCESS_RATE if self.success_rate is None else self.success_rate
        return Profile(success_rate=rate, seed=self.seed)

    def longest_decision(self) -> float:
        """Returns how many seconds a charge may take until it is decided.

        Twice as much, since a reset may hold it up for as long, is less than the 30 s after which
        Antaeus sends a charge again.
        """
        return _OWN_SECONDS + _MOST_QUESTIONS * self.store_seconds

    def stop_seconds(self) -> float:
        """Returns after how many seconds, from the signal on, the process has ended in any case."""
        return self.drain_seconds + self.idle_seconds + self.answer_seconds


def _is_expected(variable: str, text: str) -> bool:
    if not variable.startswith(_BEGIN) or variable in _OF_ANTAEUS:
        return True
    known = variable.removeprefix(_BEGIN).lower() in _READERS
    return known or _LINK.fullmatch(f"{variable}={text}") is not None


def _unknown(variable: str) -> str:
    name = variable.removeprefix(_BEGIN).lower()
    alike = difflib.get_close_matches(name, _READERS, n=1)
    remedy = f"; {_BEGIN}{alike[0].upper()} is one" if alike else ""
    return f"{variable}: no such setting{remedy}"


class _UnfitError(ValueError):
    def __init__(self, *, wanted: str) -> None:
        super().__init__(wanted)
        self._wanted = wanted

    def of(self, text: str) -> str:
        hint = _LINK_HINT if text.startswith("tcp://") else ""
        return f"{text!r} is not {self._wanted}{hint}"


class _SecretUnfitError(_UnfitError):
    """Of a text that may have a secret in it, so it is not shown."""

    def of(self, text: str) -> str:  # noqa: ARG002 - that is the point
        return f"is not {self}"


def _whole(least: int, most: int) -> Callable[[str], int]:
    def read(text: str) -> int:
        number = whole_numbers.read(text, least, most)
        if number is None:
            raise _UnfitError(wanted=f"a whole number from {least} to {most}")
        return number

    return read


def _seconds(least: float, most: float) -> Callable[[str], float]:
    def read(text: str) -> float:
        if _DECIMAL.fullmatch(text) and least <= float(text) <= most:
            return float(text)
        raise _UnfitError(wanted=f"a number of seconds from {least:g} to {most:g}")

    return read


def _rate(text: str) -> float:
    if _DECIMAL.fullmatch(text) and float(text) <= 1:
        return float(text)
    raise _UnfitError(wanted="a number from 0 to 1")


def _flag(text: str) -> bool:
    if text not in ("true", "false"):
        raise _UnfitError(wanted="true or false")
    return text == "true"


def _path(text: str) -> Path:
    if not text.startswith("/") or "\0" in text:
        raise _UnfitError(wanted="the absolute path of a file")
    return Path(text)


def _host(text: str) -> str:
    try:
        return str(ipaddress.ip_address(text))
    except ValueError:
        raise _UnfitError(wanted="an IP address") from None


def _store(text: str) -> StoreAddress:
    try:
        return StoreAddress.from_url(text)
    except ValueError:
        raise _SecretUnfitError(wanted=_STORE_RULE) from None


def _prefix(text: str) -> str:
    if not _PREFIX.fullmatch(text):
        raise _UnfitError(wanted="a prefix of 1 to 200 letters, digits and . _ : / -")
    return text


def _policy(text: str) -> str:
    if text not in ("Refuse", "Local"):
        raise _UnfitError(wanted="Refuse or Local")
    return text


def _level(text: str) -> str:
    if text not in LEVELS:
        raise _UnfitError(wanted=f"one of {', '.join(LEVELS)}")
    return text


_BEGIN = "PAYMENT_"
# Of the other service: whoever starts both from one shell may have it set for both.
_OF_ANTAEUS = frozenset({"PAYMENT_PROVIDER_ENDPOINT"})
# What Kubernetes sets, and Docker's links did, for a Service named payment, or payment-something.
_LINK = re.compile(
    r"PAYMENT(_[A-Z0-9_]+)?_("
    r"SERVICE_HOST=.*|SERVICE_PORT(_[A-Z0-9_]+)?=[0-9]+|PORT=(tcp|udp|sctp)://.*"
    r"|PORT_[0-9]+_(TCP|UDP|SCTP)(_PROTO|_PORT|_ADDR)?=.*)"
)
_OF_THE_PROFILE = ("PAYMENT_SUCCESS_RATE", "PAYMENT_SEED")
_DECIMAL = re.compile(r"[0-9]{1,9}(\.[0-9]{1,9})?")
_PREFIX = re.compile(r"[A-Za-z0-9._:/-]{1,200}")
_STORE_RULE = (
    "redis://host:6379/0 (rediss:// with TLS, user@ before the host if need be); "
    "a password belongs into PAYMENT_STORE_PASSWORD_FILE"
)
_READERS: dict[str, Callable[[str], object]] = {
    "host": _host,
    "port": _whole(0, 65535),
    "ops_port": _whole(0, 65535),
    "control_port": _whole(0, 65535),
    "control_token_file": _path,
    "threads": _whole(1, 256),
    "ops_threads": _whole(1, 16),
    "require_token": _flag,
    "token_file": _path,
    "previous_token_file": _path,
    "token_id_file": _path,
    "previous_token_id_file": _path,
    "profile_file": _path,
    "success_rate": _rate,
    "seed": _whole(0, whole_numbers.LARGEST),
    "max_body_bytes": _whole(256, 1048576),
    "attempts_kept": _whole(1, 10_000_000),
    "deferred_replies": _whole(1, 10_000),
    "keys_kept": _whole(1, 10_000_000),
    "bookings_kept": _whole(1, 10_000_000),
    "journal_kept": _whole(1, 1_000_000),
    "store_url": _store,
    "store_password_file": _path,
    "store_prefix": _prefix,
    "store_seconds": _seconds(0.05, 1.2),
    "store_failure_policy": _policy,
    "drain_seconds": _seconds(0, 3600),
    "idle_seconds": _seconds(0.1, 3600),
    "answer_seconds": _seconds(0, 3600),
    "totals_file": _path,
    "log_level": _level,
}
