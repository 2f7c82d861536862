"""The files mounted into the pod that the service follows: the profile and the tokens."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from payment_service.files import read_file, read_required_file
from payment_service.live.tokens import (
    TokenFiles,
    TokenPaths,
    Tokens,
    live_control_token,
    live_tokens,
)
from payment_service.live.watcher import AnyLive, Live
from payment_service.profile.document import LoadedProfile
from payment_service.settings import Settings
from payment_service.text.mistakes import MistakesError

LiveProfile = Live[bytes | None, LoadedProfile]
LiveTokens = Live[TokenFiles, Tokens]


@dataclass(frozen=True, slots=True)
class Mounted:
    """All of them, following their files."""

    profile: LiveProfile
    tokens: LiveTokens | None
    """None if no token is required."""
    control_token: LiveTokens | None = None
    """None if there is no control API."""

    @classmethod
    def from_settings(cls, settings: Settings) -> "Mounted":
        """Reads the files; raises MistakesError with those of all of them."""
        mistakes: list[str] = []
        with _collected(mistakes):
            profile = live_profile(settings)
        tokens = None
        with _collected(mistakes):
            tokens = _tokens(settings)
        with _collected(mistakes):
            control_token = _control_token(settings, tokens)
        if mistakes:
            raise MistakesError(mistakes)
        return cls(profile, tokens, control_token)

    def all(self) -> tuple[AnyLive, ...]:
        values = (self.profile, self.tokens, self.control_token)
        return tuple(live for live in values if live is not None)


@contextmanager
def _collected(mistakes: list[str]) -> Iterator[None]:
    try:
        yield
    except MistakesError as error:
        mistakes += error.texts


def _tokens(settings: Settings) -> LiveTokens | None:
    if not settings.require_token:
        return None
    paths = TokenPaths(
        settings.token_file,
        settings.previous_token_file,
        settings.token_id_file,
        settings.previous_token_id_file,
    )
    return live_tokens(paths)


def _control_token(settings: Settings, charging: LiveTokens | None) -> LiveTokens | None:
    if settings.control_port is None or settings.control_token_file is None:
        return None
    return live_control_token(settings.control_token_file, charging)


def live_profile(settings: Settings) -> LiveProfile:
    """Returns the profile as it follows its file; raises MistakesError if it is no good now.

    Without a file the default profile holds, as long as nobody said where the file is. A profile
    given by variables holds in place of any file.
    """
    path = settings.profile_file
    if settings.profile is not None:
        fixed = LoadedProfile(settings.profile, None)
        return Live("profile", lambda: None, lambda _: fixed)

    def read() -> bytes | None:
        return read_required_file(path) if settings.profile_required else read_file(path)

    def parse(content: bytes | None) -> LoadedProfile:
        try:
            return LoadedProfile.from_file_content(content, toml=path.suffix == ".toml")
        except MistakesError as mistakes:
            raise MistakesError(f"{path}: {text}" for text in mistakes.texts) from None

    return Live("profile", read, parse)
