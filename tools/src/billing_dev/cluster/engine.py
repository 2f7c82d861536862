"""Sees to a Docker engine: uses the one that answers, else installs and starts one of its own.

Only root on Debian gets one; anybody else is told how to get there. An engine that was started
from here and no longer answers is ended and started again. No other engine is ever touched.
"""

import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

from billing_dev.cluster import capped_runc
from billing_dev.cluster.docker import why_no_answer
from billing_dev.cluster.errors import give_up
from billing_dev.cluster.leftover_links import remove_leftover_links
from billing_dev.cluster.paths import cache, log_file
from billing_dev.cluster.process_mark import ProcessMark
from billing_dev.cluster.progress import one_at_a_time, run_logged, say, step, tail

START_SECONDS = 60
STOP_SECONDS = 20
_USUAL_MTU = 1500

# dockerd believes these files even when the process in them is long another one.
_PID_FILES = {
    Path("/var/run/docker.pid"): "dockerd",
    Path("/var/run/docker/containerd/containerd.pid"): "containerd",
}
# Python warns of a process that runs and that nobody holds any more; in tests that is an error.
_outliving: list[subprocess.Popen[bytes]] = []


def ensure_engine() -> None:
    """Ends with a Docker engine that answers, or says what stands in the way."""
    problem = why_no_answer()
    if problem is None:
        return
    _refuse_where_not_ours_to_start(problem)
    say(f"==> no Docker engine answers: {problem}")
    end_engine()
    _install()
    if why_no_answer() is None:  # where systemd runs, the package starts its engine itself
        return
    _drop_stale_pid_files()
    remove_leftover_links()
    _start()


def await_engine() -> None:
    """Does the same for who holds no lock: whoever makes a cluster holds it for long."""
    if why_no_answer():
        with one_at_a_time():
            ensure_engine()


def _refuse_where_not_ours_to_start(problem: str) -> None:
    reasons = {
        "DOCKER_HOST names an engine elsewhere": bool(os.environ.get("DOCKER_HOST")),
        "starting one needs root": os.geteuid() != 0,
        "this is not Debian": not Path("/etc/debian_version").exists(),
    }
    if why := [reason for reason, holds in reasons.items() if holds]:
        give_up(
            f"No Docker engine answers ({problem}), and none is started here: {', '.join(why)}.\n"
            "Install and start Docker (https://docs.docker.com/engine/install/), then run again."
        )


def _mark_file() -> Path:
    folder = cache() / "engine"
    folder.mkdir(parents=True, exist_ok=True)
    return folder / "dockerd.json"


def end_engine() -> None:
    """Ends the Docker engine that was started here, and no other."""
    ours = ProcessMark.read(_mark_file())
    if ours and ours.alive():
        with step(f"end our own Docker engine (pid {ours.pid})", usually="5 s"):
            ours.end(patience=STOP_SECONDS)


def _install() -> None:
    if shutil.which("dockerd") and shutil.which("ip"):
        return
    with step("install Docker with apt-get: it runs the cluster's node", usually="30 s"):
        apt_install("docker.io", "iptables", "iproute2")
        if not shutil.which("docker"):  # newer Debians have the command in a package of its own
            apt_install("docker-cli")


def apt_install(*packages: str) -> None:
    """Installs Debian packages without their recommendations and without questions."""
    run_logged(["apt-get", "update"], log="apt-update")
    run_logged(
        ["apt-get", "install", "--yes", "--no-install-recommends", *packages],
        log=f"apt-{packages[0]}",
        environment={"DEBIAN_FRONTEND": "noninteractive"},
    )


def _drop_stale_pid_files() -> None:
    for path, program in _PID_FILES.items():
        if not path.exists():
            continue
        pid = path.read_text().strip()
        if not names_a_living(program, pid):
            path.unlink()
        elif program == "dockerd":
            give_up(
                f"A Docker engine that was not started here (pid {pid}) runs but does not answer.\n"
                "It is left alone: see to it, or stop it, then run again."
            )


def names_a_living(program: str, pid: str) -> bool:
    """Says whether that pid is a process of that name, and not a dead one either."""
    if not pid.isdigit() or not ProcessMark.of(int(pid)):
        return False
    return Path(f"/proc/{pid}/comm").read_text().strip() == program


def _runtime_flags() -> list[str]:
    missing = capped_runc.withheld_here()
    if not missing:
        return []
    say(f"    this machine withholds {', '.join(sorted(missing))}: containers do without")
    runtime = cache() / "engine" / "capped-runc"
    # The interpreter itself, not a virtual environment's: the clone may go, the engine stays.
    interpreter = Path(sys.executable).resolve()
    runtime.write_text(f"#!{interpreter} -IS\n{Path(capped_runc.__file__).read_text()}")
    runtime.chmod(0o755)
    return ["--add-runtime", f"capped={runtime}", "--default-runtime", "capped"]


def _mtu_flags() -> list[str]:
    # Docker's networks assume 1500; where the way out takes less, big packets would be lost.
    routes = [line.split() for line in Path("/proc/net/route").read_text().splitlines()[1:]]
    ways_out = [device for device, destination, *_ in routes if destination == "00000000"]
    mtus = [int(Path(f"/sys/class/net/{device}/mtu").read_text()) for device in ways_out]
    return ["--mtu", str(min(mtus))] if mtus and min(mtus) < _USUAL_MTU else []


def _start() -> None:
    log = log_file("dockerd")
    with step("start a Docker engine of our own", usually="5 s"):
        flags = [*_runtime_flags(), *_mtu_flags()]
        with log.open("a") as output:
            # A session of its own and no pipe of ours: it outlives this run and blocks nobody.
            engine = subprocess.Popen(
                ["dockerd", *flags],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                cwd="/",
                start_new_session=True,
            )
        _outliving.append(engine)
        if mark := ProcessMark.of(engine.pid):
            mark.write(_mark_file())
        _await_answer(engine, log)


def _await_answer(engine: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while (problem := why_no_answer()) is not None:
        if engine.poll() is not None or time.monotonic() > deadline:
            give_up(f"dockerd does not come up: {problem}\n{tail(log)}")
        time.sleep(0.3)
