"""Whatever is printed to be pasted is whole: a shell takes it, and nothing is left to fill in."""

import subprocess

import pytest

from billing_dev.cluster.paths import Cluster
from billing_dev.demo.next_steps import next_steps

URL = "http://127.0.0.1:30008"


@pytest.fixture
def steps(monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setenv("BILLING_CACHE", "/a folder/cache")
    return next_steps(Cluster("demo"), URL)


def test_a_shell_can_read_it(steps: str) -> None:
    commands = steps.partition("\n")[2]
    done = subprocess.run(["bash", "-n"], input=commands, text=True, check=False)
    assert done.returncode == 0


def test_it_names_this_cluster_and_this_antaeus(steps: str) -> None:
    assert 'KUBECONFIG="/a folder/cache/clusters/billing-demo/kubeconfig"' in steps
    assert f"curl -sX POST {URL}/rest/v1/invoices/pay" in steps


def test_the_patch_is_json(steps: str) -> None:
    assert """-p '{"spec":{"payment":{"successRate":1}}}'""" in steps


def test_every_line_fits_a_usual_terminal(steps: str) -> None:
    commands = [line for line in steps.splitlines() if "KUBECONFIG" not in line]
    assert max(map(len, commands)) <= 100
