"""The rule by which a charge is accepted or declined: same question, same answer."""

import hashlib
from dataclasses import dataclass

from payment_service.outcome.charges import Charge, canonical
from payment_service.profile.document import Profile


@dataclass(frozen=True, slots=True)
class Decision:
    """What becomes of a charge."""

    accepted: bool


_ACCEPTED = Decision(accepted=True)
_DECLINED = Decision(accepted=False)


def decide(profile: Profile, charge: Charge, attempt: int, chance: float) -> Decision:
    """Accepts a charge if its draw is below the success rate, so 0 never accepts and 1 always does.

    The draw lies in [0, 1). With a seed in the profile it is `seeded_draw`, and `chance` is not
    looked at; without one it is `chance`, a fresh number in [0, 1) from the caller.
    """
    draw = chance if profile.seed is None else seeded_draw(profile.seed, charge, attempt)
    return _ACCEPTED if draw < profile.success_rate else _DECLINED


def seeded_draw(seed: int, charge: Charge, attempt: int, purpose: str | None = None) -> float:
    """Returns the number in [0, 1) that belongs to this charge and attempt under this seed.

    Take the UTF-8 text of five lines, joined by one line feed each and none at the end: the seed,
    the customer's id, the amount as `charges.canonical` writes it, the currency (an empty line if
    the caller could not say it), the attempt; whole numbers in plain decimal digits. Take SHA-256
    of it, of that the first 8 bytes as a big-endian number, of that the highest 53 bits, and
    divide by 2**53. Example: seed 42, customer 1, 181.50 USD, attempt 1 is the text
    `"42\\n1\\n181.5\\nUSD\\n1"`.

    That draw says whether the charge is accepted. A draw for another `purpose` (`latency`,
    `rule NAME`, `fault NAME`) adds it as a sixth line: `"42\\n1\\n181.5\\nUSD\\n1\\nlatency"`.
    """
    text = f"{seed}\n{charge.customer_id}\n{canonical(charge.amount)}\n{charge.currency}\n{attempt}"
    if purpose is not None:
        text += f"\n{purpose}"
    digest = hashlib.sha256(text.encode("utf-8")).digest()
    return float((int.from_bytes(digest[:8], "big") >> 11) / 2**53)
