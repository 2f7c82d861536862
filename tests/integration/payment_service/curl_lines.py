"""Does what a line with curl says, on machines that have no curl; for the lines in documents."""

import re
import shlex
from argparse import ArgumentParser
from collections.abc import Mapping
from pathlib import Path

import httpx

_FENCE = re.compile(r"```sh\n(.*?)```", re.DOTALL)


def curl_lines(document: Path) -> list[str]:
    """The lines of a document that begin with curl, in their order."""
    blocks = _FENCE.findall(document.read_text())
    return [line for block in blocks for line in block.splitlines() if line.startswith("curl ")]


def run_curl(line: str, ports: Mapping[int, int]) -> httpx.Response:
    """Sends the request; `ports` says where what listens on a port elsewhere listens here.

    What stands behind a pipe is left out. A word that curl does not know ends the test.
    """
    words = shlex.split(line.partition(" | ")[0])[1:]
    parser = ArgumentParser(exit_on_error=False)
    parser.add_argument("url")
    parser.add_argument("-X", dest="method", default="GET")
    parser.add_argument("-H", dest="headers", action="append", default=[])
    parser.add_argument("-d", dest="data")
    parser.add_argument("-w")
    parser.add_argument("-i", action="store_true")
    parser.add_argument("-s", action="store_true")
    asked = parser.parse_args(words)
    url = httpx.URL(asked.url)
    assert url.port is not None
    return httpx.request(
        asked.method,
        url.copy_with(port=ports[url.port]),
        headers=[tuple(header.split(": ", 1)) for header in asked.headers],
        content=asked.data,
        timeout=30,
    )
