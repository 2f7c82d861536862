"""Brings everything up, bills the invoices, and judges what came of it."""

import argparse
import os
import subprocess
import time
from collections.abc import Sequence
from dataclasses import replace

from billing_dev.clients.antaeus_api import AntaeusError
from billing_dev.clients.kube import KubectlError
from billing_dev.cluster.errors import ClusterError
from billing_dev.cluster.lifecycle import up
from billing_dev.cluster.progress import say, step
from billing_dev.demo.next_steps import next_steps
from billing_dev.demo.report import Report
from billing_dev.demo.sample import Antaeus, chosen_antaeus
from billing_dev.demo.stack import NAME, NAMESPACE, DemoStack
from billing_dev.installation import build_images, install

_SETTINGS = "ANTAEUS_IMAGE=... in the environment takes that Antaeus in place of the stand-in."


def main(words: Sequence[str]) -> int:
    """Returns 0 where the demo has shown what it is there to show."""
    parser = argparse.ArgumentParser(prog="billing-dev demo", description=__doc__, epilog=_SETTINGS)
    parser.parse_args(words)
    began = time.monotonic()
    try:
        return _demo(chosen_antaeus(os.environ), began)
    except (ClusterError, KubectlError, AntaeusError, OSError, subprocess.SubprocessError) as wrong:
        say(f"error: {wrong}")
        say(f"FAILED after {time.monotonic() - began:.0f} s")
        return 1
    except KeyboardInterrupt:
        say("interrupted; run it again to go on")
        return 130


def _demo(antaeus: Antaeus, began: float) -> int:
    cluster = up("demo")
    built = build_images()
    images = replace(built, antaeus=antaeus.image or built.antaeus)
    install(cluster, images)
    stack = DemoStack(cluster, images, antaeus)
    stack.put_in_place()
    stack.see_to_invoices()
    report = _bill(stack)
    print(f"\nStack {NAME} in namespace {NAMESPACE}, billed from outside the cluster\n\n{report}\n")
    verdict = "PASSED" if report.good else "FAILED"
    print(f"{verdict} in {time.monotonic() - began:.0f} s\n")
    print(next_steps(cluster, stack.url), end="", flush=True)
    return 0 if report.good else 1


def _bill(stack: DemoStack) -> Report:
    rate, before = stack.rate(), stack.read()
    what = f"bill {before.invoices.pending} invoices: POST {stack.url}/rest/v1/invoices/pay"
    with step(what, usually="1 s"):
        stack.bill()
    return Report(before, stack.read(), rate)
