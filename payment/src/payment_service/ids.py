"""Makes the ids of charges and requests; the standard library's UUIDs cost a charge too much."""

import os

_VARIANTS = "89ab" * 4


def new_charge_id() -> str:
    """Returns a random UUID (version 4)."""
    digits = os.urandom(16).hex()
    variant = _VARIANTS[int(digits[16], 16)]
    return f"{digits[:8]}-{digits[8:12]}-4{digits[13:16]}-{variant}{digits[17:20]}-{digits[20:]}"


def new_request_id() -> str:
    """Returns 16 random hex digits."""
    return os.urandom(8).hex()
