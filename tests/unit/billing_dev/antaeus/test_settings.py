from pathlib import Path

import pytest

from billing_dev.antaeus.builds import Build
from billing_dev.antaeus.settings import Settings, SettingsError


def test_an_empty_environment_is_the_original() -> None:
    assert Settings.from_env({}) == Settings(
        endpoint="http://localhost:9000",
        token="tokenunspecified",
        build=Build.TINJIS,
        invoices=None,
        startup_seconds=0.0,
        port=8000,
        database=Path("/tmp/antaeus.db"),
        keep_invoices=False,
        seed=None,
    )


def test_every_setting_can_be_given() -> None:
    environment = {
        "PAYMENT_PROVIDER_ENDPOINT": "http://payment:9000/api/v1/charge",
        "PAYMENTS_API_TOKEN": "abc",
        "ANTAEUS_BUILD": "pe",
        "ANTAEUS_INVOICES": "2000",
        "ANTAEUS_STARTUP_SECONDS": "1.5",
        "ANTAEUS_PORT": "8001",
        "ANTAEUS_DATABASE": "/tmp/other.db",
        "ANTAEUS_KEEP_INVOICES": "true",
        "ANTAEUS_SEED": "-4",
    }
    assert Settings.from_env(environment) == Settings(
        endpoint="http://payment:9000/api/v1/charge",
        token="abc",
        build=Build.PE,
        invoices=2000,
        startup_seconds=1.5,
        port=8001,
        database=Path("/tmp/other.db"),
        keep_invoices=True,
        seed=-4,
    )


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("ANTAEUS_BUILD", "upstream"),
        ("ANTAEUS_BUILD", "PE"),
        ("ANTAEUS_INVOICES", "many"),
        ("ANTAEUS_INVOICES", "-1"),
        ("ANTAEUS_INVOICES", "1.5"),
        ("ANTAEUS_INVOICES", "98003"),
        ("ANTAEUS_STARTUP_SECONDS", "soon"),
        ("ANTAEUS_STARTUP_SECONDS", "-1"),
        ("ANTAEUS_STARTUP_SECONDS", "nan"),
        ("ANTAEUS_STARTUP_SECONDS", "inf"),
        ("ANTAEUS_PORT", "65536"),
        ("ANTAEUS_PORT", "http"),
        ("ANTAEUS_SEED", "x"),
        ("ANTAEUS_KEEP_INVOICES", "yes"),
    ],
)
def test_a_wrong_value_is_named(name: str, value: str) -> None:
    with pytest.raises(SettingsError, match=f"^{name}: '{value}' is not "):
        Settings.from_env({name: value})


def test_all_mistakes_are_named_at_once() -> None:
    wrong = {"ANTAEUS_BUILD": "x", "ANTAEUS_PORT": "y", "ANTAEUS_INVOICES": "z"}
    with pytest.raises(SettingsError) as caught:
        Settings.from_env(wrong)
    assert {line.partition(":")[0] for line in str(caught.value).splitlines()} == set(wrong)


def test_an_empty_value_is_as_good_as_none() -> None:
    names = ("BUILD", "INVOICES", "STARTUP_SECONDS", "PORT", "DATABASE", "SEED")
    assert Settings.from_env({f"ANTAEUS_{name}": "" for name in names}) == Settings.from_env({})


def test_the_port_that_kubernetes_sets_beside_a_service_is_ignored() -> None:
    assert Settings.from_env({"ANTAEUS_PORT": "tcp://10.96.0.7:8000"}).port == 8000


def test_the_token_is_taken_as_it_is() -> None:
    assert Settings.from_env({"PAYMENTS_API_TOKEN": ' "abc"\n'}).token == ' "abc"\n'
    assert Settings.from_env({"PAYMENTS_API_TOKEN": ""}).token == ""


def test_the_token_is_not_shown() -> None:
    assert "abc" not in repr(Settings.from_env({"PAYMENTS_API_TOKEN": "abc"}))
