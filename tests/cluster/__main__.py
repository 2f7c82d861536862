"""The commands: python -m cluster up|down|status|kubeconfig|kubectl|load|base|stop-engine."""

import argparse
import os
import sys

from cluster.docker import why_no_answer
from cluster.engine import end_engine, ensure_engine
from cluster.errors import ClusterError, give_up
from cluster.health import why_unhealthy
from cluster.images import load
from cluster.lifecycle import down, state, up
from cluster.paths import ALL, Cluster, cache
from cluster.progress import one_at_a_time, say
from cluster.python_base import python_base


def main(words: list[str]) -> int:
    arguments = _parser().parse_args(words)
    try:
        _run(arguments)
    except ClusterError as problem:
        say(f"error: {problem}")
        return 1
    return 0


def _run(arguments: argparse.Namespace) -> None:
    match arguments.command:
        case "up":
            cluster = up(arguments.name)
            say(f"cluster {cluster.kind_name} is healthy; kubeconfig: {cluster.kubeconfig}")
        case "down":
            down(arguments.name)
        case "status":
            _status()
        case "kubeconfig":
            print(Cluster(arguments.name).kubeconfig)
        case "kubectl":
            _kubectl(Cluster(arguments.name), arguments.rest)
        case "load":
            load(Cluster(arguments.name), *arguments.image)
        case "base":
            with one_at_a_time():
                ensure_engine()
                print(python_base())
        case "stop-engine":
            with one_at_a_time():
                end_engine()


def _status() -> None:
    print(f"cache: {cache()}")
    if problem := why_no_answer():
        print(f"Docker engine: {problem}")
        return
    for cluster in ALL:
        condition = state(cluster)
        if condition == "running":
            condition = why_unhealthy(cluster) or "healthy"
        print(f"{cluster.kind_name}: {condition}")


def _kubectl(cluster: Cluster, rest: list[str]) -> None:
    if not cluster.kubectl.exists():
        give_up(f"Cluster {cluster.kind_name} is not there; `up {cluster.name}` first")
    words = rest[1:] if rest[:1] == ["--"] else rest
    command = ["kubectl", f"--kubeconfig={cluster.kubeconfig}", *words]
    os.execv(cluster.kubectl, command)  # noqa: S606 - this very process becomes kubectl


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m cluster", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    names = [cluster.name for cluster in ALL]
    explained = {
        "up": "end with this cluster healthy",
        "down": "delete this cluster",
        "kubeconfig": "print the path of its kubeconfig",
        "kubectl": "run its own kubectl against it",
        "load": "put local images into its node",
    }
    for command, text in explained.items():
        commands.add_parser(command, help=text).add_argument("name", choices=names)
    commands.choices["kubectl"].add_argument("rest", nargs=argparse.REMAINDER)
    commands.choices["load"].add_argument("image", nargs="+")
    commands.add_parser("status", help="say how both clusters are")
    commands.add_parser("base", help="provide the Python base image and print its tag")
    commands.add_parser("stop-engine", help="end the Docker engine that was started here, if any")
    return parser


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
