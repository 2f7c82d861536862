"""The settings: read once, every mistake told at once."""

import pytest

from billing_operator import __version__
from billing_operator.inputs import Installation
from billing_operator.settings import BadSettings, Settings

NEEDED = {
    "BILLING_ANTAEUS_IMAGE": "antaeus:1",
    "BILLING_PAYMENT_IMAGE": "payment:1",
    "BILLING_OPERATOR_IMAGE": "operator:1",
    "BILLING_OPERATOR_NAMESPACE": "billing-system",
}


def mistakes(**environ: str) -> list[str]:
    with pytest.raises(BadSettings) as caught:
        Settings.from_env(NEEDED | environ)
    return str(caught.value).splitlines()


def test_four_settings_are_enough() -> None:
    settings = Settings.from_env(NEEDED)

    assert settings.installation == Installation(
        "billing-system", "antaeus:1", "payment:1", "operator:1", __version__
    )
    assert (settings.namespaces, settings.workers, settings.log_level) == ((), 8, "info")


def test_every_setting_can_be_given() -> None:
    settings = Settings.from_env(
        NEEDED
        | {
            "BILLING_NAMESPACES": " one, two,,",
            "BILLING_RESYNC_SECONDS": "0.2",
            "BILLING_INVOICES_SECONDS": "5",
            "BILLING_QUIET_SECONDS": "300",
            "BILLING_WORKERS": "2",
            "BILLING_REQUEST_TIMEOUT_SECONDS": "3",
            "BILLING_LEASE_NAME": "mine",
            "BILLING_POD_NAME": "operator-0",
            "BILLING_HTTP_PORT": "9999",
            "BILLING_LOG_LEVEL": "debug",
        }
    )

    assert settings == Settings(
        antaeus_image="antaeus:1",
        payment_image="payment:1",
        operator_image="operator:1",
        operator_namespace="billing-system",
        namespaces=("one", "two"),
        resync_seconds=0.2,
        invoices_seconds=5.0,
        quiet_seconds=300.0,
        workers=2,
        request_timeout_seconds=3.0,
        lease_name="mine",
        pod_name="operator-0",
        http_port=9999,
        log_level="debug",
    )


def test_what_is_not_for_the_operator_is_not_read() -> None:
    assert Settings.from_env(NEEDED | {"PATH": "/bin"}) == Settings.from_env(NEEDED)


def test_all_mistakes_are_told_at_once() -> None:
    with pytest.raises(BadSettings) as caught:
        Settings.from_env({"BILLING_WORKERS": "many", "BILLING_LOG_LEVEL": "loud"})

    told = str(caught.value).splitlines()
    assert [line.split()[0].rstrip(":") for line in told] == [
        "BILLING_ANTAEUS_IMAGE",
        "BILLING_PAYMENT_IMAGE",
        "BILLING_OPERATOR_IMAGE",
        "BILLING_OPERATOR_NAMESPACE",
        "BILLING_WORKERS",
        "BILLING_LOG_LEVEL",
    ]


@pytest.mark.parametrize(
    ("name", "text", "told"),
    [
        ("RESYNC_SECONDS", "soon", "'soon' is no number; a number from 0.1 to 86400 is"),
        ("RESYNC_SECONDS", "0", "'0' is out of range: a number from 0.1 to 86400"),
        ("RESYNC_SECONDS", "nan", "'nan' is out of range: a number from 0.1 to 86400"),
        ("RESYNC_SECONDS", "inf", "'inf' is out of range: a number from 0.1 to 86400"),
        ("WORKERS", "1.5", "'1.5' is no whole number; a whole number from 1 to 256 is"),
        ("WORKERS", "0", "'0' is out of range: a whole number from 1 to 256"),
        ("HTTP_PORT", "65536", "'65536' is out of range: a whole number from 1 to 65535"),
        # No watch is kept for much longer, so silence would end none.
        ("WATCH_SILENCE_SECONDS", "281", "'281' is out of range: a number from 1 to 280"),
        # A charge may be tried twice, each with 30 s to connect and 30 s to read.
        ("QUIET_SECONDS", "119", "'119' is out of range: a number from 120 to 86400"),
        ("LOG_LEVEL", "INFO", "'INFO' is no log level: one of debug, info, warning, error"),
        ("ANTAEUS_IMAGE", " ", "' ' is empty"),
    ],
)
def test_a_mistake_says_what_would_be_right(name: str, text: str, told: str) -> None:
    assert mistakes(**{f"BILLING_{name}": text}) == [f"BILLING_{name}: {told}"]


def test_a_misspelt_setting_is_a_mistake() -> None:
    assert mistakes(BILLING_WORKER="2") == ["BILLING_WORKER is no setting of this version"]
