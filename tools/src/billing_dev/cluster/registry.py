"""Pulls official images, and remembers for a while when that cannot be done."""

import subprocess
import time
from pathlib import Path

from billing_dev.cluster.docker import image_exists
from billing_dev.cluster.paths import cache, log_file
from billing_dev.cluster.progress import say, step

# Long enough for a first run to ask once, short enough to notice when the network is back.
FORGET_AFTER_SECONDS = 3600


def pulled(image: str, *, otherwise: str = "made from packages instead") -> bool:
    """Says whether the image is here, and pulls it unless that failed a short while ago.

    Args:
        otherwise: what the person who waits is told to happen where it cannot be pulled.
    """
    if image_exists(image):
        return True
    if _failed_lately():
        return False
    log = log_file("pull")
    with step(f"pull {image.partition('@')[0]}", usually="1 min"), log.open("w") as output:
        done = subprocess.run(["docker", "pull", image], stdout=output, stderr=output, check=False)
    if done.returncode == 0:
        return True
    reason = log.read_text().strip().splitlines()[-1:]
    say(f"    cannot be pulled: {' '.join(reason)}\n    {otherwise}")
    _failures().touch()
    return False


def _failed_lately() -> bool:
    failures = _failures()
    return failures.exists() and time.time() - failures.stat().st_mtime < FORGET_AFTER_SECONDS


def _failures() -> Path:
    return cache() / "pull-failed"
