"""What a stack says of payment's behaviour reaches payment as it was meant."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given

from billing_dev.crd import schema
from billing_operator.commands.schema import defaulted
from billing_operator.desired import isolation, payment, profile
from billing_operator.kinds import Manifest
from billing_operator.spec.payment import PROFILE_DEFAULTS, PROFILE_PARTS
from billing_operator.spec.stack import Stack
from payment_service.profile.document import Profile
from payment_service.settings import Settings
from payment_service.text.store_address import StoreAddress
from support.operator.builders import a_body, a_stack, a_token, an_installation
from support.payment.profile_documents import good_documents, patient
from support.payment.profiles import a_full_document

RATE_AND_SEED = ("successRate", "seed")


def read(spec_of_payment: Manifest) -> Profile:
    """The profile as payment reads it, of a stack as the API server stores it."""
    body = defaulted(a_body(payment=spec_of_payment), schema())
    return Profile.from_json(profile.document(Stack.from_body(body)).encode())


@patient
@given(good_documents)
def test_payment_reads_what_the_stack_says(document: Any) -> None:
    assert read(document) == Profile.from_json(json.dumps(document).encode())


def test_every_part_of_the_profile_is_one_of_the_stack() -> None:
    assert {*RATE_AND_SEED, *PROFILE_PARTS} == set(a_full_document())
    assert read(a_full_document()) == Profile.from_json(json.dumps(a_full_document()).encode())


def test_rules_keep_their_order_and_what_has_ended_is_kept() -> None:
    names = ["z", "a", "m"]
    rules = [
        {"name": name, "until": "2001-01-01T00:00:00Z", "accept": True, "rate": 0.5}
        for name in names
    ]

    assert [rule.name for rule in read({"rules": rules}).rules] == names


def test_what_nobody_chose_is_in_no_profile() -> None:
    # Else a payment that knows nothing of a newer part would refuse the profile of every stack.
    spelled_out = {"successRate": 0.8, **PROFILE_DEFAULTS}
    plain = json.dumps({"successRate": 0.8}, indent=2) + "\n"

    assert profile.document(a_stack(payment={"successRate": 0.8})) == plain
    assert profile.document(a_stack(payment=spelled_out)) == plain


@pytest.mark.parametrize("part", PROFILE_PARTS)
def test_a_part_that_is_taken_back_leaves_no_trace(part: str) -> None:
    chosen = a_stack(payment={part: a_full_document()[part]})

    assert profile.document(chosen) != profile.document(a_stack())
    assert profile.digest(chosen) != profile.digest(a_stack())
    assert part in json.loads(profile.document(chosen))


def test_a_stack_without_a_store_has_nothing_of_it() -> None:
    deployed = json.dumps(payment.deployment(a_stack(), a_token(), an_installation()))

    assert "STORE" not in deployed
    assert "store" not in deployed
    assert egress(a_stack()) == [DNS]


DNS = {"ports": [{"port": 53, "protocol": "UDP"}, {"port": 53, "protocol": "TCP"}]}


def egress(stack: Stack) -> list[Manifest]:
    policies = isolation.policies(stack, an_installation())
    (of_payment,) = [each for each in policies if each["metadata"]["name"] == "shop-payment"]
    found: list[Manifest] = of_payment["spec"]["egress"]
    return found


@pytest.mark.parametrize(
    ("store", "address", "peers"),
    [
        ({"host": "redis.example.com"}, StoreAddress("redis.example.com"), None),
        ({"host": "redis"}, StoreAddress("redis"), None),
        (
            {"host": "redis.data.svc", "port": 7000},
            StoreAddress("redis.data.svc", 7000),
            [{"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "data"}}}],
        ),
        (
            {"host": "redis.data.svc.cluster.local", "database": 3},
            StoreAddress("redis.data.svc.cluster.local", database=3),
            [{"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "data"}}}],
        ),
        (
            {"host": "192.0.2.7", "tls": True, "user": "billing"},
            StoreAddress("192.0.2.7", user="billing", encrypted=True),
            [{"ipBlock": {"cidr": "192.0.2.7/32"}}],
        ),
        (
            {"host": "2001:DB8::7"},
            StoreAddress("2001:db8::7"),
            [{"ipBlock": {"cidr": "2001:db8::7/128"}}],
        ),
    ],
    ids=lambda value: value["host"] if isinstance(value, dict) else "",
)
def test_payment_finds_its_store_and_may_go_there(
    store: Manifest, address: StoreAddress, peers: list[Manifest] | None
) -> None:
    stack = a_stack(payment={"store": store})
    settings = Settings.from_env(env_of(stack))

    assert settings.store_url == address
    assert (settings.store_prefix, settings.store_failure_policy) == ("payments/shop", "Refuse")
    assert settings.store_password_file is None
    way: Manifest = {"ports": [{"port": address.port, "protocol": "TCP"}]}
    assert egress(stack) == [DNS, way | ({"to": peers} if peers else {})]


def test_the_password_comes_from_the_users_secret_and_stands_nowhere_else() -> None:
    store = {
        "host": "redis",
        "passwordSecretRef": {"name": "own"},
        "prefix": "p",
        "failurePolicy": "Local",
    }
    stack = a_stack(payment={"store": store})
    settings = Settings.from_env(env_of(stack))
    template = payment.deployment(stack, a_token(), an_installation())["spec"]["template"]["spec"]

    assert (settings.store_prefix, settings.store_failure_policy) == ("p", "Local")
    (volume,) = [each for each in template["volumes"] if each["name"] == "store"]
    assert volume["secret"] == {
        "secretName": "own",
        "items": [{"key": "password", "path": "password"}],
    }
    (mount,) = [
        each for each in template["containers"][0]["volumeMounts"] if each["name"] == "store"
    ]
    assert settings.store_password_file == Path(mount["mountPath"]) / "password"


def env_of(stack: Stack) -> dict[str, str]:
    deployed = payment.deployment(stack, a_token(), an_installation())
    (container,) = deployed["spec"]["template"]["spec"]["containers"]
    return {each["name"]: each["value"] for each in container["env"]}
