"""Which cluster is acted on is settled, and said, before anything is done."""

import json
from pathlib import Path

import pytest

from billing_dev.clients.kube import KubectlError
from billing_dev.cluster.errors import ClusterError
from billing_dev.shipping.context import current_context

CONFIG = {
    "current-context": "staging",
    "clusters": [{"name": "one", "cluster": {"server": "https://staging.test:6443"}}],
    "contexts": [{"name": "staging", "context": {"cluster": "one", "namespace": "shop"}}],
}
_KUBECTL = """\
#!/bin/sh
echo "$*" >>{calls}
case "$*" in
  *"config view"*) {config} ;;
  *--raw=/version*) echo '{{"gitVersion": "v1.36.3"}}' ;;
esac
"""


def a_kubectl(folder: Path, *, config: str) -> Path:
    """Takes down how it is called, and answers what it must."""
    program = folder / "kubectl"
    program.write_text(_KUBECTL.format(calls=folder / "calls", config=config))
    program.chmod(0o755)
    return program


@pytest.fixture
def kubectl(tmp_path: Path) -> Path:
    return a_kubectl(tmp_path, config=f"echo '{json.dumps(CONFIG)}'")


def test_the_context_and_its_server_are_named(
    kubectl: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    context = current_context({"KUBECTL": str(kubectl)})

    assert (context.name, context.namespace) == ("staging", "shop")
    assert capsys.readouterr().err.startswith("==> context staging: https://staging.test:6443\n")


def test_every_call_goes_to_the_context_that_was_named(kubectl: Path) -> None:
    current_context({"KUBECTL": str(kubectl)}).kube("get", "pods")

    calls = (kubectl.parent / "calls").read_text().splitlines()
    assert calls[1:] == [
        "--context=staging get --raw=/version --request-timeout=10s",
        "--context=staging get pods",
    ]


def test_without_a_context_it_says_how_to_choose_one(tmp_path: Path) -> None:
    complaint = "echo 'error: current-context must exist in order to minify' >&2; exit 1"
    program = a_kubectl(tmp_path, config=complaint)

    with pytest.raises(ClusterError, match=r"no current context.*\n.*use-context NAME"):
        current_context({"KUBECTL": str(program)})


def test_a_configuration_that_is_broken_is_not_taken_for_none(tmp_path: Path) -> None:
    program = a_kubectl(tmp_path, config="echo 'error: yaml: line 3' >&2; exit 1")

    with pytest.raises(KubectlError, match="yaml: line 3"):
        current_context({"KUBECTL": str(program)})


def test_without_a_kubectl_it_says_how_to_get_one(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))

    with pytest.raises(
        ClusterError, match=r"no kubectl here.*https://kubernetes\.io(.|\n)*KUBECTL"
    ):
        current_context({})
