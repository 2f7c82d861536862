"""A file system that never answers, for one process alone."""

import os
import sys
from pathlib import Path

# Whoever serves this file system has /dev/fuse open, and never reads what it is asked. Below the
# mount everything hangs in the kernel, until the process ends. It has mounts of its own, so
# nothing is left of it.
_PROGRAM = """
import ctypes, os, sys
point, *command = sys.argv[1:]
served = os.open("/dev/fuse", os.O_RDWR)
os.set_inheritable(served, True)
options = f"fd={served},rootmode=40000,user_id={os.getuid()},group_id={os.getgid()}"
libc = ctypes.CDLL(None, use_errno=True)
if libc.mount(b"hung", point.encode(), b"fuse", 0, options.encode()):
    sys.exit(f"cannot mount: {os.strerror(ctypes.get_errno())}")
os.execvp(command[0], command)
"""


def with_hung_mount(point: Path) -> list[str]:
    """The words before a command that let it have such a file system at `point`, a directory."""
    as_root = [] if os.geteuid() == 0 else ["--map-root-user"]
    return ["unshare", *as_root, "--mount", sys.executable, "-c", _PROGRAM, str(point)]
