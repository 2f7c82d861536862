"""Speaks to the Docker engine, and makes and tags images by their content."""

import os
import subprocess
from pathlib import Path

from billing_dev.cluster.errors import ClusterError, give_up
from billing_dev.cluster.paths import LABEL
from billing_dev.cluster.progress import run_logged

# A build reaches the network the way that everything else on this machine does.
_PROXIES = ("HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "http_proxy", "https_proxy", "no_proxy")

# The engine is on this machine; one that has not answered by then will not.
_ANSWER_SECONDS = 10


def docker(*arguments: str | Path) -> str:
    """Runs a docker command and returns what it printed."""
    done = subprocess.run(["docker", *arguments], capture_output=True, text=True, check=False)
    if done.returncode:
        give_up(f"docker {arguments[0]} failed: {done.stderr.strip()}")
    return done.stdout.strip()


def why_no_answer() -> str | None:
    """Returns why the engine cannot be used, or None when it answers."""
    try:
        done = subprocess.run(
            ["docker", "version", "--format", "{{.Server.Version}}"],
            capture_output=True,
            text=True,
            timeout=_ANSWER_SECONDS,
            check=False,
        )
    except FileNotFoundError:
        return "there is no docker program"
    except subprocess.TimeoutExpired:
        return f"no answer within {_ANSWER_SECONDS} s"
    return done.stderr.strip() if done.returncode else None


def image_exists(tag: str) -> bool:
    """Says whether the engine has this image."""
    try:
        return bool(image_id(tag))
    except ClusterError:
        return False


def image_id(image: str) -> str:
    """Returns the engine's id of an image, which changes with its content."""
    return docker("image", "inspect", "--format", "{{.Id}}", image)


def build_image(
    tag: str, *, dockerfile: Path, context: Path, arguments: dict[str, str], labelled: bool = True
) -> None:
    """Builds an image under a tag, with our label on it and on every container made from it."""
    flags = [f"--build-arg={name}={value}" for name, value in arguments.items()]
    flags += [f"--build-arg={name}" for name in _PROXIES if name in os.environ]
    flags += [f"--label={LABEL}=yes"] if labelled else []
    flags += [f"--tag={tag}", f"--file={dockerfile}"]
    run_logged(
        ["docker", "build", *flags, context],
        log=f"build-{tag.partition(':')[0]}",
        environment=_builder(),
    )


def _builder() -> dict[str, str]:
    # The docker command may come without BuildKit's part, or meet an engine that has none.
    buildkit = subprocess.run(["docker", "buildx", "version"], capture_output=True, check=False)
    engine = docker("version", "--format", "{{.Server.Version}}")
    usable = buildkit.returncode == 0 and int(engine.partition(".")[0]) >= 23
    # With an attestation, which bears a time, the same content would have another id each time.
    return {"DOCKER_BUILDKIT": "1" if usable else "0", "BUILDX_NO_DEFAULT_ATTESTATIONS": "1"}
