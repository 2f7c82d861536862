"""The command: it starts with good settings or not at all."""

import io
import json
import logging
import sys
from typing import Any

import kopf
import pytest
from kubernetes.aio import config

from billing_dev.ports import free_port
from billing_operator import __version__
from billing_operator.__main__ import main
from support.operator.lease_server import a_lease_server


def test_it_tells_its_version(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["billing-operator", "--version"])
    with pytest.raises(SystemExit) as caught:
        main()

    assert caught.value.code == 0
    assert capsys.readouterr().out.strip() == __version__


def test_a_word_that_it_does_not_know_is_refused_with_its_usage(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["billing-operator", "--versoin"])
    with pytest.raises(SystemExit) as caught:
        main()

    assert caught.value.code == 2
    assert "usage: billing-operator" in capsys.readouterr().err


@pytest.mark.parametrize("words", [[], ["run"]], ids=["no command", "the command run"])
def test_without_settings_it_says_what_is_missing_and_ends(
    words: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "argv", ["billing-operator", *words])
    monkeypatch.delenv("BILLING_ANTAEUS_IMAGE", raising=False)
    with pytest.raises(SystemExit, match="BILLING_ANTAEUS_IMAGE is missing"):
        main()


@pytest.mark.usefixtures("loggers")
def test_it_logs_at_the_level_that_was_set_one_object_a_line(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def operator(**_: Any) -> None:
        logging.getLogger("billing_operator").debug("begun")

    out = io.StringIO()
    monkeypatch.setattr(sys, "stdout", out)
    monkeypatch.setattr(sys, "argv", ["billing-operator"])
    monkeypatch.setattr(kopf, "operator", operator)
    for name in ("antaeus_image", "payment_image", "operator_image", "operator_namespace"):
        monkeypatch.setenv(f"BILLING_{name.upper()}", "a")
    monkeypatch.setenv("BILLING_LOG_LEVEL", "debug")
    monkeypatch.setenv("BILLING_HTTP_PORT", str(free_port()))
    with a_lease_server() as server:
        monkeypatch.setattr(config, "load_kube_config", server.load_kube_config)
        main()

    lines = [json.loads(line) for line in out.getvalue().splitlines()]
    assert "begun" in [line["message"] for line in lines]
