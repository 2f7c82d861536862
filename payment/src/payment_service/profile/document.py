"""The profile: how the provider behaves, as a small JSON document that may change at any time."""

import hashlib
import math
from dataclasses import dataclass

from payment_service import strict_json
from payment_service.mistakes import MistakesError
from payment_service.strict_json import Number

LARGEST_SEED = 2**63 - 1


@dataclass(frozen=True, slots=True)
class Profile:
    """`success_rate` from 0 to 1; `seed` from 0 to 2**63-1, or None for outcomes by chance."""

    success_rate: float = 0.5
    seed: int | None = None

    @classmethod
    def from_json(cls, raw: bytes) -> "Profile":
        """Reads `{"successRate": 0.5, "seed": 42}`; the seed may be null or left out.

        Raises MistakesError with one text for each field that is wrong, missing or not known.
        """
        try:
            document = strict_json.parse(raw)
        except strict_json.JsonError as error:
            raise MistakesError([f"not JSON: {error}"]) from None
        if not isinstance(document, dict):
            raise MistakesError(["must be a JSON object"])
        rate = _rate(document.get("successRate"))
        seed = _seed(document.get("seed"))
        unknown = [key for key in document if key not in ("successRate", "seed")]
        mistakes = [f"{key}: no such field; there are successRate and seed" for key in unknown]
        mistakes += [found for found in (rate, seed) if isinstance(found, str)]
        if mistakes or isinstance(rate, str) or isinstance(seed, str):
            raise MistakesError(mistakes)
        return cls(rate, seed)

    def as_json(self) -> dict[str, float | int | None]:
        """Returns the document that `from_json` reads."""
        return {"successRate": self.success_rate, "seed": self.seed}


@dataclass(frozen=True, slots=True)
class LoadedProfile:
    """A profile and the SHA-256, in hex, of the very bytes it was read from (None: no file)."""

    profile: Profile
    hash: str | None

    @classmethod
    def from_file_content(cls, raw: bytes | None) -> "LoadedProfile":
        """Reads a file's content; None, for no file, is the default. Raises MistakesError."""
        if raw is None:
            return cls(Profile(), None)
        return cls(Profile.from_json(raw), content_hash(raw))


def content_hash(raw: bytes) -> str:
    """Returns the SHA-256 of a profile file's content in hex."""
    return hashlib.sha256(raw).hexdigest()


def _rate(found: object) -> float | str:
    if isinstance(found, Number):
        rate = float(found)
        if 0 <= rate <= 1:
            return math.fabs(rate)
    return f"successRate: {_shown(found)} is no number from 0 to 1"


def _seed(found: object) -> int | str | None:
    if found is None:
        return None
    if isinstance(found, Number) and found.isdigit() and len(found) <= 19:
        seed = int(found)
        if seed <= LARGEST_SEED:
            return seed
    return f"seed: {_shown(found)} is no whole number from 0 to {LARGEST_SEED}"


def _shown(found: object) -> str:
    if found is None:
        return "nothing"
    shown = str(found) if isinstance(found, Number) else repr(found)
    return shown if len(shown) <= 40 else shown[:40] + "..."
