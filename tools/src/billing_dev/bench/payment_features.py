"""Measures what each feature of the payment service costs while it is in use.

One service with nothing but a success rate, and one for each feature, take turns like in
`billing_dev.bench.payment`, on one CPU, over one kept connection. It prints the median of the
rounds' ratios to the plain one. It has no limit: who switches a feature on should know its cost.
"""

import argparse
import json
import os
import statistics
import tempfile
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from billing_dev.bench.payment import rounds, served, spread
from billing_dev.bench.payment_load import TOKEN
from billing_dev.local.redis_server import RedisServer
from billing_dev.ports import free_port

_PATTERN = "1 connection"
_NOBODY = {"customers": [2]}


@dataclass(frozen=True, slots=True)
class Feature:
    """A service as it is set up, and what its callers send."""

    name: str
    profile: dict[str, Any] = field(default_factory=dict)
    kind: str = ""
    stored: bool = False


def _rules(count: int) -> list[dict[str, Any]]:
    return [{"name": f"rule-{n}", "match": _NOBODY, "accept": True} for n in range(count)]


FEATURES = (
    Feature("plain"),
    Feature("a seed", {"seed": 42}),
    Feature("10 rules that do not match", {"rules": _rules(10)}),
    Feature("a rule that counts calls", {"rules": [{"name": "first", "times": 1, "accept": True}]}),
    Feature(
        "a fault by rate that never comes",
        {"faults": [{"name": "rare", "rate": 0, "fault": {"status": {"code": 500}}}]},
    ),
    Feature("limits that are not reached", {"limits": {"perSecond": 100000, "concurrent": 100}}),
    Feature("a latency of 0 s", {"latency": {"fixed": {"seconds": 0}}}),
    Feature("duplicates, all of one another", kind="alike"),
    Feature("an Idempotency-Key with each", kind="keys"),
    Feature("everything in the answer", kind="in-full"),
    Feature("a shared store", stored=True),
)


def start(stack: ExitStack, feature: Feature, folder: Path, store: RedisServer) -> str:
    """Starts the service of a feature; returns what the load is to charge."""
    folder.mkdir()
    (folder / "token").write_text(TOKEN)
    profile = folder / "profile.json"
    profile.write_text(json.dumps({"successRate": 0.5, **feature.profile}))
    port = free_port()
    env = {
        "PAYMENT_PORT": str(port),
        "PAYMENT_OPS_PORT": "0",
        "PAYMENT_HOST": "127.0.0.1",
        "PAYMENT_TOKEN_FILE": str(folder / "token"),
        "PAYMENT_PROFILE_FILE": str(profile),
    }
    if feature.stored:
        env["PAYMENT_STORE_URL"] = str(store.address)
        env["PAYMENT_STORE_PASSWORD_FILE"] = str(store.password_file)
    stack.enter_context(served(["payment_service"], port, env, folder / "log"))
    return f"{port}:{feature.kind}"


def main(words: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(prog="billing-dev bench payment-features", description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=5.0, help="length of a round")
    options = parser.parse_args(words)
    os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})  # and so for all it starts
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        store = stack.enter_context(RedisServer(folder))
        targets = {
            feature.name: start(stack, feature, folder / str(number), store)
            for number, feature in enumerate(FEATURES)
        }
        rates = rounds(targets, _PATTERN, count=options.rounds, seconds=options.seconds)
    print()
    plain = rates["plain"]
    for name, values in rates.items():
        ratios = [rate / of for rate, of in zip(values, plain, strict=True)]
        middle = statistics.median(values)
        print(f"  {name:34}{middle:6.0f} charges a second   / plain {spread(ratios, '.2f')}")
    return 0
