"""The settings."""

from pathlib import Path

import pytest

from payment_service.profile.document import Profile
from payment_service.settings import Settings
from payment_service.text.mistakes import MistakesError
from payment_service.text.store_address import StoreAddress
from support.cases import cases


def test_without_variables_the_defaults_hold() -> None:
    assert Settings.from_env({}) == Settings()


ALL = {
    "PAYMENT_HOST": "::",
    "PAYMENT_PORT": "8000",
    "PAYMENT_OPS_PORT": "8001",
    "PAYMENT_CONTROL_PORT": "8002",
    "PAYMENT_CONTROL_TOKEN_FILE": "/e",
    "PAYMENT_THREADS": "4",
    "PAYMENT_OPS_THREADS": "3",
    "PAYMENT_REQUIRE_TOKEN": "false",
    "PAYMENT_TOKEN_FILE": "/a",
    "PAYMENT_PREVIOUS_TOKEN_FILE": "/b",
    "PAYMENT_PROFILE_FILE": "/c",
    "PAYMENT_MAX_BODY_BYTES": "1024",
    "PAYMENT_ATTEMPTS_KEPT": "10",
    "PAYMENT_DEFERRED_REPLIES": "20",
    "PAYMENT_DRAIN_SECONDS": "0",
    "PAYMENT_IDLE_SECONDS": "0.5",
    "PAYMENT_ANSWER_SECONDS": "60",
    "PAYMENT_LOG_LEVEL": "debug",
}


def test_all_variables_of_serving_are_read() -> None:
    settings = Settings.from_env(ALL)

    assert settings == Settings(
        host="::",
        port=8000,
        ops_port=8001,
        control_port=8002,
        control_token_file=Path("/e"),
        threads=4,
        ops_threads=3,
        require_token=False,
        token_file=Path("/a"),
        previous_token_file=Path("/b"),
        profile_file=Path("/c"),
        profile_required=True,
        max_body_bytes=1024,
        attempts_kept=10,
        deferred_replies=20,
        drain_seconds=0.0,
        idle_seconds=0.5,
        answer_seconds=60.0,
        log_level="debug",
    )
    assert settings.stop_seconds() == 60.5


def test_all_variables_of_what_is_remembered_are_read() -> None:
    env = {
        "PAYMENT_KEYS_KEPT": "11",
        "PAYMENT_BOOKINGS_KEPT": "12",
        "PAYMENT_JOURNAL_KEPT": "13",
        "PAYMENT_STORE_URL": "redis://store:6379/1",
        "PAYMENT_STORE_PASSWORD_FILE": "/d",
        "PAYMENT_STORE_PREFIX": "shop/billing",
        "PAYMENT_STORE_SECONDS": "0.8",
        "PAYMENT_STORE_FAILURE_POLICY": "Local",
    }

    assert Settings.from_env(env) == Settings(
        keys_kept=11,
        bookings_kept=12,
        journal_kept=13,
        store_url=StoreAddress("store", 6379, 1),
        store_password_file=Path("/d"),
        store_prefix="shop/billing",
        store_seconds=0.8,
        store_failure_policy="Local",
    )


@pytest.mark.parametrize(
    ("variable", "text"),
    cases(
        "the variable {0} is {1}",
        [
            ("PAYMENT_HOST", "localhost"),
            ("PAYMENT_PORT", "65536"),
            ("PAYMENT_PORT", "http"),
            ("PAYMENT_PORT", "\u0663"),
            ("PAYMENT_PORT", "9001"),
            ("PAYMENT_OPS_PORT", "-1"),
            ("PAYMENT_CONTROL_PORT", "none"),
            ("PAYMENT_CONTROL_TOKEN_FILE", "token"),
            ("PAYMENT_THREADS", "0"),
            ("PAYMENT_OPS_THREADS", "17"),
            ("PAYMENT_REQUIRE_TOKEN", "no"),
            ("PAYMENT_TOKEN_FILE", ""),
            ("PAYMENT_PREVIOUS_TOKEN_FILE", "relative"),
            ("PAYMENT_PROFILE_FILE", "profile.json"),
            ("PAYMENT_SUCCESS_RATE", "1.01"),
            ("PAYMENT_SUCCESS_RATE", "-0.5"),
            ("PAYMENT_SUCCESS_RATE", "50%"),
            ("PAYMENT_SUCCESS_RATE", ""),
            ("PAYMENT_SEED", "1.5"),
            ("PAYMENT_SEED", "9223372036854775808"),
            ("PAYMENT_MAX_BODY_BYTES", "1e3"),
            ("PAYMENT_ATTEMPTS_KEPT", ""),
            ("PAYMENT_DEFERRED_REPLIES", "0"),
            ("PAYMENT_KEYS_KEPT", "0"),
            ("PAYMENT_BOOKINGS_KEPT", "10000001"),
            ("PAYMENT_JOURNAL_KEPT", "1000001"),
            ("PAYMENT_STORE_PASSWORD_FILE", "password"),
            ("PAYMENT_STORE_PREFIX", "{shop}"),
            ("PAYMENT_STORE_PREFIX", ""),
            ("PAYMENT_STORE_SECONDS", "0.04"),
            ("PAYMENT_STORE_SECONDS", "1.3"),
            ("PAYMENT_STORE_FAILURE_POLICY", "ignore"),
            ("PAYMENT_DRAIN_SECONDS", "-1"),
            ("PAYMENT_IDLE_SECONDS", "0"),
            ("PAYMENT_ANSWER_SECONDS", "inf"),
            ("PAYMENT_LOG_LEVEL", "loud"),
        ],
    ),
)
def test_a_bad_value_is_refused_by_the_name_of_its_variable(variable: str, text: str) -> None:
    with pytest.raises(MistakesError) as caught:
        Settings.from_env({variable: text})

    (mistake,) = caught.value.texts
    assert variable in mistake or text in mistake


@pytest.mark.parametrize("port", cases("the port is {0}", ["9000", "9001"]))
def test_the_control_port_is_one_of_its_own_and_needs_a_token(port: str) -> None:
    with pytest.raises(MistakesError) as caught:
        Settings.from_env({"PAYMENT_CONTROL_PORT": port})

    assert caught.value.texts == (
        f"PAYMENT_CONTROL_PORT: {port} is the port of something else as well",
        "PAYMENT_CONTROL_TOKEN_FILE: must be set where PAYMENT_CONTROL_PORT is",
    )


def test_all_bad_values_are_refused_at_once_with_what_would_be_right() -> None:
    env = {"PAYMENT_PORT": "x", "PAYMENT_THREADS": "0", "PAYMENT_REQUIRE_TOKEN": "maybe"}

    with pytest.raises(MistakesError) as caught:
        Settings.from_env(env)

    assert caught.value.texts == (
        "PAYMENT_PORT: 'x' is not a whole number from 0 to 65535",
        "PAYMENT_THREADS: '0' is not a whole number from 1 to 256",
        "PAYMENT_REQUIRE_TOKEN: 'maybe' is not true or false",
    )


def test_the_variable_of_a_service_named_payment_is_explained() -> None:
    with pytest.raises(MistakesError, match="enableServiceLinks"):
        Settings.from_env({"PAYMENT_PORT": "tcp://10.0.0.1:9000"})


@pytest.mark.parametrize(
    ("variable", "remedy"),
    cases(
        "instead of {0} it is {1}",
        [
            ("PAYMENT_SUCESS_RATE", "; PAYMENT_SUCCESS_RATE is one"),
            ("PAYMENT_PORTS", "; PAYMENT_PORT is one"),
            ("PAYMENT_SUCCESSRATE", "; PAYMENT_SUCCESS_RATE is one"),
            ("PAYMENT_CONTROLL_PORT", "; PAYMENT_CONTROL_PORT is one"),
            ("PAYMENT_PROFILE_REQUIRED", "; PAYMENT_PROFILE_FILE is one"),
            ("PAYMENT_", ""),
            ("PAYMENT_XYZ", ""),
        ],
    ),
)
def test_a_variable_that_is_no_setting_is_refused_with_the_one_most_like_it(
    variable: str, remedy: str
) -> None:
    with pytest.raises(MistakesError) as caught:
        Settings.from_env({variable: "1"})

    assert caught.value.texts == (f"{variable}: no such setting{remedy}",)


@pytest.mark.parametrize("service", cases("the service is {0}", ["PAYMENT", "PAYMENT_A_B2"]))
def test_the_variables_that_kubernetes_sets_for_a_service_are_no_settings(service: str) -> None:
    links = {
        f"{service}_SERVICE_HOST": "10.0.0.1",
        f"{service}_SERVICE_PORT": "9000",
        f"{service}_SERVICE_PORT_CHARGES": "9000",
        f"{service}_PORT": "tcp://10.0.0.1:9000",
        f"{service}_PORT_9000_TCP": "tcp://10.0.0.1:9000",
        f"{service}_PORT_9000_TCP_PROTO": "tcp",
        f"{service}_PORT_9000_TCP_PORT": "9000",
        f"{service}_PORT_9000_TCP_ADDR": "10.0.0.1",
    }
    links.pop("PAYMENT_PORT", None)  # a setting too, so it has a test of its own

    assert Settings.from_env(links) == Settings()


def test_variables_of_others_are_no_settings() -> None:
    env = {"PATH": "/bin", "PAYMENTS_API_TOKEN": "x", "PAYMENT_PROVIDER_ENDPOINT": "http://a:9000"}

    assert Settings.from_env(env) == Settings()


def test_a_profile_must_be_there_once_its_file_is_named() -> None:
    path = str(Settings().profile_file)

    assert not Settings.from_env({}).profile_required
    assert Settings.from_env({"PAYMENT_PROFILE_FILE": path}).profile_required


@pytest.mark.parametrize(
    ("env", "profile"),
    cases(
        "the variables are {0}",
        [
            ({}, None),
            ({"PAYMENT_SUCCESS_RATE": "0.25"}, Profile(success_rate=0.25)),
            ({"PAYMENT_SUCCESS_RATE": "0"}, Profile(success_rate=0)),
            ({"PAYMENT_SEED": "0"}, Profile(success_rate=0.5, seed=0)),
            (
                {"PAYMENT_SUCCESS_RATE": "1", "PAYMENT_SEED": "9223372036854775807"},
                Profile(success_rate=1, seed=2**63 - 1),
            ),
        ],
    ),
)
def test_rate_and_seed_may_be_given_by_variables(
    env: dict[str, str], profile: Profile | None
) -> None:
    assert Settings.from_env(env).profile == profile


def test_rate_and_seed_are_not_given_in_two_places() -> None:
    env = {"PAYMENT_SUCCESS_RATE": "1", "PAYMENT_SEED": "1", "PAYMENT_PROFILE_FILE": "/c"}

    with pytest.raises(MistakesError) as caught:
        Settings.from_env(env)

    assert caught.value.texts == (
        "PAYMENT_SUCCESS_RATE and PAYMENT_SEED: the file of PAYMENT_PROFILE_FILE says it; "
        "remove one",
    )


def test_a_charge_that_waits_for_the_store_is_decided_before_its_answer_is_cut_off() -> None:
    env = {"PAYMENT_STORE_URL": "redis://store", "PAYMENT_STORE_SECONDS": "1"}
    with pytest.raises(MistakesError, match=r"PAYMENT_ANSWER_SECONDS: .* may take 11\.5 s"):
        Settings.from_env(env)

    assert Settings.from_env(env | {"PAYMENT_ANSWER_SECONDS": "11.5"}).longest_decision() == 11.5
