"""Makes images out of Debian packages alone, for machines that reach no image registry."""

import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from billing_dev.cluster.docker import docker, image_exists
from billing_dev.cluster.engine import apt_install
from billing_dev.cluster.errors import give_up
from billing_dev.cluster.paths import RECIPE, cache, log_file
from billing_dev.cluster.progress import run_logged, step, tail
from billing_dev.cluster.recipe_key import key_of


@dataclass(frozen=True, slots=True)
class DebianRoot:
    """A small Debian: its release, the packages in it, and a script that has the last word."""

    name: str
    release: str
    packages: tuple[str, ...]
    finish: str | None = None

    @property
    def tag(self) -> str:
        script = [RECIPE / self.finish] if self.finish else []
        return f"billing-root-{self.name}:{key_of(self.release, *self.packages, *script)}"

    def image(self) -> str:
        """Returns the tag of the image, made at its first use."""
        if not image_exists(self.tag):
            what = f"install Debian {self.release} into a folder, for the {self.name} image"
            with step(what, usually="1 to 2 min"):
                self._make()
        return self.tag

    def _make(self) -> None:
        folder = cache() / "building" / self.name
        shutil.rmtree(folder, ignore_errors=True)
        folder.parent.mkdir(parents=True, exist_ok=True)
        # Its mounts end with it, so that no later clean-up can walk into the machine's own /proc.
        packages = f"--include={','.join(self.packages)}"
        debootstrap = ["debootstrap", "--variant=minbase", packages, self.release, str(folder)]
        run_logged(
            ["unshare", "--mount", *debootstrap],
            log=f"debootstrap-{self.name}",
        )
        for idle in ("var/cache/apt", "var/lib/apt/lists", "usr/share/doc", "usr/share/locale"):
            shutil.rmtree(folder / idle, ignore_errors=True)
        if self.finish:
            run_logged([RECIPE / self.finish, folder], log=f"finish-{self.name}")
        import_folder(folder, self.tag)
        shutil.rmtree(folder)


def require_debootstrap() -> None:
    """Installs debootstrap, or says what is missing for it."""
    if os.geteuid() != 0 or not Path("/etc/debian_version").exists():
        give_up(
            "No image registry can be reached, and making the images from Debian packages\n"
            "needs root on Debian. Run this as root there, or let Docker reach a registry."
        )
    if not shutil.which("debootstrap"):
        with step("install debootstrap: it makes the images' file systems", usually="10 s"):
            apt_install("debootstrap")


def import_folder(folder: Path, tag: str) -> None:
    log = log_file(f"import-{tag.partition(':')[0]}")
    tar = ["tar", "-C", str(folder), "-c", "."]
    # Its end closes our side of the pipe first: tar would wait for ever for a reader, if the import
    # ended early.
    with (
        log.open("w") as output,
        subprocess.Popen(tar, stdout=subprocess.PIPE, stderr=output) as packed,
    ):
        imported = subprocess.run(
            ["docker", "import", "-", tag],
            stdin=packed.stdout,
            stdout=output,
            stderr=output,
            check=False,
        )
    if packed.returncode or imported.returncode:
        docker("rmi", "--force", tag)
        give_up(f"making an image of {folder} failed:\n{tail(log)}")
