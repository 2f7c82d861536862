"""Makes the ids of charges and requests; the standard library's UUIDs cost a charge too much."""

import random

_VARIANTS = "89ab" * 4

# Seeded by the operating system once, and not asked for every id: a system call lets another
# thread have the interpreter, and to wait for it costs more than the id. A generator of their own,
# so that nobody can tell the draws to come from ids seen in the log.
_random = random.Random()  # noqa: S311 - ids are to be different, not secret


def new_charge_id() -> str:
    """Returns a random UUID (version 4)."""
    digits = _random.randbytes(16).hex()
    variant = _VARIANTS[int(digits[16], 16)]
    return f"{digits[:8]}-{digits[8:12]}-4{digits[13:16]}-{variant}{digits[17:20]}-{digits[20:]}"


def new_request_id() -> str:
    """Returns 16 random hex digits."""
    return _random.randbytes(8).hex()
