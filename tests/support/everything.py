"""What `make test` runs: everything that must hold, in the open, and how long it took."""

import subprocess
import sys
import time
from pathlib import Path

from cluster.errors import ClusterError
from cluster.images import load
from cluster.lifecycle import up
from cluster.progress import say, step
from support.installation import ROOT, build_images
from support.newer_operator import newer

_BIN = Path(sys.executable).parent
_CHECKS = (
    ("ruff", "check", "."),
    ("ruff", "format", "--check", "."),
    ("mypy", "operator/src", "payment/src", "tests"),
    ("lint-imports",),
)
_TESTS = ("pytest", "tests/unit", "tests/integration", "tests/e2e", "--durations=10")


def main() -> int:
    began = time.monotonic()
    try:
        code = _check() or _make_ready() or _run(_TESTS)
    except ClusterError as problem:
        say(f"error: {problem}")
        code = 1
    say(f"==> {'all of it held' if code == 0 else 'FAILED'}, after {_minutes(began)} in all")
    return code


def _check() -> int:
    with step("check style, types and imports", usually="10 to 40 s"):
        codes = [_run(check) for check in _CHECKS]
    return max(codes)


def _make_ready() -> int:
    """Does what takes long before the tests begin, since a test shows nothing while it runs."""
    cluster = up("test")
    images = build_images()
    later = newer(images)
    load(cluster, images.operator, images.payment, images.antaeus, later.operator, later.antaeus)
    return 0


def _run(command: tuple[str, ...]) -> int:
    program, *arguments = command
    return subprocess.run([_BIN / program, *arguments], cwd=ROOT, check=False).returncode


def _minutes(began: float) -> str:
    minutes, seconds = divmod(round(time.monotonic() - began), 60)
    return f"{minutes} min {seconds:02d} s"


if __name__ == "__main__":
    sys.exit(main())
