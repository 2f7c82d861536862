"""The commands behind `make push`, `verify`, `deploy`, `smoke` and `undeploy`."""

import argparse
import os
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from http.client import HTTPException

from billing_dev.clients.antaeus_api import AntaeusError
from billing_dev.clients.kube import KubectlError
from billing_dev.cluster.errors import ClusterError
from billing_dev.cluster.progress import say
from billing_dev.shipping.deploy import deploy
from billing_dev.shipping.release import push
from billing_dev.shipping.smoke import smoke
from billing_dev.shipping.undeploy import undeploy
from billing_dev.shipping.verify import verify

Environment = Mapping[str, str]

# Each tells whether it went well; what it cannot do at all, it raises.
_COMMANDS: dict[str, Callable[[Environment], bool]] = {
    "push": push,
    "verify": verify,
    "deploy": deploy,
    "smoke": smoke,
    "undeploy": undeploy,
}
_FAILURES = (
    ClusterError,
    KubectlError,
    AntaeusError,
    HTTPException,
    OSError,
    subprocess.SubprocessError,
)


def main(words: list[str], environment: Environment) -> int:
    parser = argparse.ArgumentParser(prog="python -m billing_dev.shipping", description=__doc__)
    parser.add_argument("command", choices=_COMMANDS)
    command = parser.parse_args(words).command
    began = time.monotonic()
    try:
        good = _COMMANDS[command](environment)
    except _FAILURES as wrong:
        say(f"error: {wrong}")
        good = False
    except KeyboardInterrupt:
        say("interrupted")
        return 130
    say(f"==> {command}: {'done' if good else 'FAILED'} after {time.monotonic() - began:.0f} s")
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:], os.environ))
