"""`billing-dev`: builds, tries, checks and measures this project; `make help` has the short ways.

Each command is a module of its own, loaded when it is asked for, and takes the words behind its
name. Whatever it is, `--help` behind it tells what it does and does nothing.
"""

import argparse
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import import_module


@dataclass(frozen=True, slots=True)
class Command:
    """A program, and the words that it is given before those of the caller."""

    text: str
    module: str
    words: tuple[str, ...] = ()

    def run(self, words: Sequence[str]) -> int:
        """Returns the exit code."""
        code: int = import_module(f"billing_dev.{self.module}").main([*self.words, *words])
        return code


_SHIPPING = "shipping.command"
COMMANDS = {
    "local": Command("run payment and Antaeus' stand-in on this machine", "local.command"),
    "antaeus": Command("run Antaeus' stand-in alone on this machine", "local.stand_in"),
    "demo": Command("bring up a cluster with a stack, bill it, show a table", "demo.command"),
    "shell": Command("open a pod beside the demo's stack, with curl and jq", "demo.shell"),
    "cluster": Command("see to the kind clusters of demo and tests", "cluster.command"),
    "kubectl": Command("run kubectl against one of them", "cluster.command", ("kubectl",)),
    "push": Command("build both images and push them to a registry", _SHIPPING, ("push",)),
    "verify": Command("have your cluster try everything, keeping nothing", _SHIPPING, ("verify",)),
    "deploy": Command("install or upgrade the operator on your cluster", _SHIPPING, ("deploy",)),
    "smoke": Command("bill one stack of your cluster, show a table", _SHIPPING, ("smoke",)),
    "undeploy": Command("remove the operator from your cluster", _SHIPPING, ("undeploy",)),
    "lint": Command("run all linters side by side", "checks.lint"),
    "check": Command("run the linters, then the unit tests", "checks.check"),
    "test": Command("run everything that must hold, on the tests' cluster", "checks.all_tests"),
    "imports": Command("show which folder of each package imports from which", "checks.imports"),
    "render": Command("write again what is made out of other files", "render.command"),
    "record": Command("record the picture in the README on a cluster", "recording.command"),
    "bench": Command("measure payment or the operator", "bench.command"),
}


def main(words: Sequence[str] | None = None) -> int:
    """Runs the command that the first word names; returns its exit code."""
    given = sys.argv[1:] if words is None else list(words)
    if not given or given[0] not in COMMANDS:
        parser().parse_args(given)  # which ends here: it is no command
    name, *rest = given
    return COMMANDS[name].run(rest)


def parser() -> argparse.ArgumentParser:
    """Tells what there is, and refuses what is not."""
    made = argparse.ArgumentParser(prog="billing-dev", description=__doc__)
    made.formatter_class = argparse.RawDescriptionHelpFormatter
    commands = made.add_subparsers(metavar="COMMAND", required=True)
    for name, command in COMMANDS.items():
        commands.add_parser(name, help=command.text, add_help=False)
    return made


if __name__ == "__main__":
    sys.exit(main())
