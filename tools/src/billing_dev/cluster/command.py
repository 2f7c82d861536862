"""Sees to the kind clusters: `demo` for people, `test` and `ship` for the tests."""

import argparse
import os
from collections.abc import Callable, Sequence

from billing_dev.cluster.docker import why_no_answer
from billing_dev.cluster.engine import end_engine, ensure_engine
from billing_dev.cluster.errors import ClusterError, give_up
from billing_dev.cluster.health import why_unhealthy
from billing_dev.cluster.images import load
from billing_dev.cluster.lifecycle import down, state, up
from billing_dev.cluster.paths import ALL, Cluster, cache
from billing_dev.cluster.progress import one_at_a_time, say
from billing_dev.cluster.python_base import python_base


def main(words: Sequence[str]) -> int:
    """Returns the exit code."""
    arguments = _parser().parse_args(words)
    try:
        arguments.run(arguments)
    except ClusterError as problem:
        say(f"error: {problem}")
        return 1
    return 0


def _up(arguments: argparse.Namespace) -> None:
    cluster = up(arguments.name)
    say(f"cluster {cluster.kind_name} is healthy; kubeconfig: {cluster.kubeconfig}")


def _down(arguments: argparse.Namespace) -> None:
    for name in arguments.names:
        down(name)


def _kubeconfig(arguments: argparse.Namespace) -> None:
    cluster = Cluster(arguments.name)
    print(cluster.kubeconfig)
    # The path all the same: with none, kubectl would go to another cluster.
    if not cluster.kubeconfig.exists():
        say(_not_there(cluster))


def _load(arguments: argparse.Namespace) -> None:
    load(Cluster(arguments.name), *arguments.image)


def _base(_: argparse.Namespace) -> None:
    with one_at_a_time():
        ensure_engine()
        print(python_base())


def _stop_engine(_: argparse.Namespace) -> None:
    with one_at_a_time():
        end_engine()


def _status(_: argparse.Namespace) -> None:
    print(f"cache: {cache()}")
    if problem := why_no_answer():
        print(f"Docker engine: {problem}")
        return
    for cluster in ALL:
        condition = state(cluster)
        if condition == "running":
            condition = why_unhealthy(cluster) or "healthy"
        print(f"{cluster.kind_name}: {condition}")


def _kubectl(arguments: argparse.Namespace) -> None:
    cluster = Cluster(arguments.name)
    if not cluster.kubectl.exists():
        give_up(_not_there(cluster))
    words = arguments.rest[1:] if arguments.rest[:1] == ["--"] else arguments.rest
    leads = [f"--kubeconfig={cluster.kubeconfig}", f"--context={cluster.context}"]
    command = ["kubectl", *leads, *words]
    os.execv(cluster.kubectl, command)  # noqa: S606 - this very process becomes kubectl


def _not_there(cluster: Cluster) -> str:
    makes = f".venv/bin/billing-dev cluster up {cluster.name}"
    return f"Cluster {cluster.kind_name} is not there; `{makes}` makes it."


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="billing-dev cluster", description=__doc__)
    commands = parser.add_subparsers(metavar="COMMAND", required=True)

    def command(run: Callable[[argparse.Namespace], None], text: str) -> argparse.ArgumentParser:
        name = run.__name__.removeprefix("_").replace("_", "-")
        made = commands.add_parser(name, help=text, description=f"{text.capitalize()}.")
        made.set_defaults(run=run)
        return made

    names = [cluster.name for cluster in ALL]
    of_one_cluster = [
        command(_up, "make or mend one, or find it healthy"),
        command(_kubeconfig, "print the path of the kubeconfig of one"),
        kubectl := command(_kubectl, "run the kubectl of one against it"),
        loads := command(_load, "put local images into the node of one"),
    ]
    for made in of_one_cluster:
        made.add_argument("name", choices=names)
    downs = command(_down, "delete the clusters that are named")
    downs.add_argument("names", nargs="+", choices=names, metavar=f"{{{','.join(names)}}}")
    kubectl.add_argument("rest", nargs=argparse.REMAINDER, metavar="-- ARGUMENTS")
    loads.add_argument("image", nargs="+")
    command(_status, "say how all of them are")
    command(_base, "provide the Python base image and print its tag")
    command(_stop_engine, "end the Docker engine that was started here, if any")
    return parser
