"""Who may charge: callers that send one of the tokens mounted into this process."""

import hmac
import re
from dataclasses import dataclass
from pathlib import Path

from payment_service.files import read_file, read_required_file
from payment_service.live.watcher import Live
from payment_service.text.mistakes import MistakesError

LONGEST_TOKEN = 4096
# What names a token stands beside it, and is told to whoever reads the operations port.
_ID = re.compile(rb"[A-Za-z0-9._-]{1,64}")


@dataclass(frozen=True, slots=True, repr=False)
class Tokens:
    """The tokens that are valid now: the current one and, during a rotation, another one."""

    valid: tuple[bytes, ...]
    ids: tuple[str | None, ...] = ()
    """The name of each, by which a rotation is followed; None for one that has none."""

    @classmethod
    def from_files(cls, files: "TokenFiles") -> "Tokens":
        """Takes the tokens from their files' content; raises MistakesError if one is unusable.

        Nothing is stripped or mended: Antaeus sends what is in the same Secret as it is, and with
        a line feed in it sends no charge at all.
        """
        tokens = [(files.current_path, files.current, files.current_id)]
        if files.previous is not None:
            tokens.append((files.previous_path, files.previous, files.previous_id))
        mistakes = [
            f"{path}: the token {flaw}" for path, token, _ in tokens if (flaw := _flaw(token))
        ]
        if mistakes:
            raise MistakesError(mistakes)
        return cls(
            tuple(token for _, token, _ in tokens),
            tuple(_id(name) for *_, name in tokens),
        )

    def __repr__(self) -> str:
        return f"<{len(self.valid)} tokens>"

    def admit(self, sent: str | None) -> bool:
        """Tells whether a caller sent a valid token, in a time that does not tell how nearly.

        All tokens are compared in any case; only the length of what was sent shows in the time.
        """
        token_sent = (sent or "").encode("utf-8", "surrogatepass")
        admitted = False
        for token in self.valid:
            admitted |= hmac.compare_digest(token_sent, token)
        return admitted


@dataclass(frozen=True, slots=True, repr=False)
class TokenFiles:
    """The content of the token files at one moment."""

    current_path: Path
    current: bytes
    previous_path: Path
    previous: bytes | None
    current_id: bytes | None = None
    previous_id: bytes | None = None


@dataclass(frozen=True, slots=True)
class TokenPaths:
    """Where the tokens are, and what each is called."""

    current: Path
    previous: Path
    current_id: Path
    previous_id: Path

    def read(self) -> TokenFiles:
        """Reads one after the other; raises MistakesError.

        The directory may be swapped meanwhile, but two readings in a row are alike only if they
        have one moment's files (see `Live`).
        """
        return TokenFiles(
            self.current,
            read_required_file(self.current),
            self.previous,
            read_file(self.previous),
            read_file(self.current_id),
            read_file(self.previous_id),
        )


def live_control_token(
    path: Path, charging: Live[TokenFiles, Tokens] | None
) -> Live[TokenFiles, Tokens]:
    """Returns the control API's token as it follows its file; raises MistakesError.

    It must be none with which `charging` lets callers charge: who may charge could change what
    becomes of charges.
    """

    def read() -> TokenFiles:
        return TokenFiles(path, read_required_file(path), path, None)

    def parse(files: TokenFiles) -> Tokens:
        tokens = Tokens.from_files(files)
        if charging is not None and set(tokens.valid) & set(charging.current.valid):
            message = "the token is one for charges as well; the control API needs one of its own"
            raise MistakesError([f"{path}: {message}"])
        return tokens

    return Live("control_token", read, parse)


def live_tokens(paths: TokenPaths) -> Live[TokenFiles, Tokens]:
    """Returns the tokens as they follow their files; raises MistakesError if they are no good now.

    The file of the previous token may be absent, and mostly is.
    """
    return Live("token", paths.read, Tokens.from_files)


def _id(name: bytes | None) -> str | None:
    """Only what is plainly a name: nothing that might be a secret by mistake is told."""
    return name.decode() if name is not None and _ID.fullmatch(name) else None


def _flaw(token: bytes) -> str | None:
    checks = (
        (not token, "is empty"),
        (
            token[-1:] in (b"\n", b"\r"),
            "ends with a line break; write it without one (printf '%s')",
        ),
        (token != token.strip(b" \t"), "begins or ends with white space"),
        (
            any(byte < 0x20 or byte > 0x7E for byte in token),
            "has bytes that are not printable ASCII",
        ),
        (token[:1] in (b'"', b"'") or token[-1:] in (b'"', b"'"), "is in quotes"),
        (len(token) > LONGEST_TOKEN, f"is longer than {LONGEST_TOKEN} bytes"),
    )
    return next((flaw for wrong, flaw in checks if wrong), None)
