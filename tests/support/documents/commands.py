"""The commands of a block of shell, one by one, as bash takes them apart."""

import subprocess
from collections.abc import Iterator


def commands(text: str) -> Iterator[str]:
    """Yields each command with all of its lines; empty lines and comments belong to none."""
    lines: list[str] = []
    for line in text.splitlines():
        if not lines and (not line.strip() or line.lstrip().startswith("#")):
            continue
        lines.append(line)
        if not line.endswith("\\") and _is_whole("\n".join(lines)):
            yield "\n".join(lines)
            lines = []
    if lines:
        yield "\n".join(lines)


def _is_whole(command: str) -> bool:
    """Whether bash would run it now, and not wait for more lines."""
    read = subprocess.run(
        ["bash", "-n"], input=command, capture_output=True, text=True, check=False
    )
    # Of a here-document without an end bash only warns.
    return read.returncode == 0 and not read.stderr
