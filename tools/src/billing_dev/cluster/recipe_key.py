"""Names what is made by what it is made from, so that a change makes anew just what it must."""

import hashlib
from collections.abc import Iterable
from pathlib import Path

_DIGITS = 12


def key_of(*parts: str | Path) -> str:
    """Returns a short digest of texts and of files; a folder counts with all files in it."""
    digest = hashlib.sha256()
    for part in parts:
        for name, content in _contents(part):
            digest.update(f"{name}\0{len(content)}\0".encode())
            digest.update(content)
    return digest.hexdigest()[:_DIGITS]


def _contents(part: str | Path) -> Iterable[tuple[str, bytes]]:
    if isinstance(part, str):
        yield "", part.encode()
    elif part.is_dir():
        for path in sorted(path for path in part.rglob("*") if path.is_file()):
            yield str(path.relative_to(part)), path.read_bytes()
    else:
        yield part.name, part.read_bytes()
