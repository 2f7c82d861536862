"""Brings a program out of Debian's packages without installing anything on the machine."""

import os
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from billing_dev.cluster.errors import give_up
from billing_dev.cluster.paths import cache
from billing_dev.cluster.progress import one_at_a_time, run_logged, step


@dataclass(frozen=True, slots=True)
class DebianProgram:
    """A program and the package that it is in; `purpose` says what it is for."""

    name: str
    package: str
    purpose: str

    def command(self) -> tuple[str, ...]:
        """Returns what runs it: the machine's own, or one that is fetched at its first use.

        Raises ClusterError where there is none and none can be fetched.
        """
        if own := shutil.which(self.name):
            return (own,)
        folder = cache() / "programs" / f"debian-{self.package}"
        if not folder.exists():
            self._require_debian()
            what = f"fetch {self.package} from Debian: {self.purpose}"
            with one_at_a_time("debian"), step(what, usually="20 s"):
                self._fetch(folder)
        libraries = ":".join(map(str, _libraries(folder / "usr/lib")))
        return ("env", f"LD_LIBRARY_PATH={libraries}", str(folder / "usr/bin" / self.name))

    def _require_debian(self) -> None:
        if not (shutil.which("apt-get") and shutil.which("dpkg-deb")):
            give_up(
                f"There is no {self.name} here ({self.purpose}), and without apt-get and dpkg-deb\n"
                f"it cannot be fetched. Install {self.package}, so that {self.name} is found."
            )

    def _fetch(self, folder: Path) -> None:
        if folder.exists():  # made by the run that this one waited for
            return
        unfinished = folder.with_name(f"{folder.name}.unfinished")
        shutil.rmtree(unfinished, ignore_errors=True)
        aside = unfinished / "aside"
        packages = aside / "packages"
        packages.mkdir(parents=True)
        apt = _apt(aside)
        run_logged([*apt, "update"], log=f"apt-update-{self.package}")
        missing = _missing([*apt, "--simulate", "--no-install-recommends", "install", self.package])
        run_logged([*apt, "download", *missing], log=f"download-{self.package}", cwd=packages)
        for package in sorted(packages.iterdir()):
            run_logged(["dpkg-deb", "-x", package, unfinished], log=f"unpack-{self.package}")
        if not (unfinished / "usr/bin" / self.name).exists():
            give_up(f"Debian's package {self.package} has no /usr/bin/{self.name}")
        shutil.rmtree(aside)
        unfinished.rename(folder)


def _libraries(folder: Path) -> list[Path]:
    """Returns where libraries are; some have folders of their own, to which others point."""
    own = sorted(folder.glob("*-linux-*"))
    return own + sorted({file.parent for each in own for file in each.glob("*/lib*.so*")})


def _apt(folder: Path) -> tuple[str, ...]:
    """Returns apt-get with lists and a cache of its own: the machine's need root, and stay."""
    for part in ("lists/partial", "cache/archives/partial"):
        (folder / part).mkdir(parents=True, exist_ok=True)
    options = {
        "Dir::State::Lists": folder / "lists",
        "Dir::Cache": folder / "cache",
        # Its own user may not write to a folder in somebody's home.
        "APT::Sandbox::User": "root",
    }
    given = (word for name, value in options.items() for word in ("-o", f"{name}={value}"))
    return ("apt-get", *given)


def _missing(simulate: Sequence[str]) -> list[str]:
    """Returns the packages, with their versions, that an installation would add."""
    done = subprocess.run(
        simulate,
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "LC_ALL": "C"},
    )
    if done.returncode:
        give_up(f"apt-get cannot say what is needed:\n{done.stderr.strip()}")
    return added(done.stdout)


def added(simulated: str) -> list[str]:
    """Reads `name=version` of each package that apt-get says it would install."""
    lines = (line.split() for line in simulated.splitlines() if line.startswith("Inst "))
    # An upgrade has the present version in square brackets before the new one.
    return [f"{words[1]}={_first_in_round(words[2:])}" for words in lines]


def _first_in_round(words: Sequence[str]) -> str:
    return next(word for word in words if word.startswith("(")).lstrip("(")


REDIS = DebianProgram(
    "redis-server", package="redis-server", purpose="tests share a state between replicas by it"
)
# With it comes the browser itself, which it drives.
CHROMEDRIVER = DebianProgram(
    "chromedriver", package="chromium-driver", purpose="tests look at payment's page in a browser"
)
