"""Which Antaeus the demo runs, and what that changes in its sample."""

import copy

import pytest

from billing_dev.demo.sample import SAMPLE, STAND_IN, chosen_antaeus, read_sample, with_settings

STACK = {"spec": {"antaeus": {"service": {"type": "NodePort", "nodePort": 30008}}}}


@pytest.mark.parametrize(
    "environment",
    [{}, {"ANTAEUS_IMAGE": ""}, {"ANTAEUS_IMAGE": " "}],
    ids=["no variable", "an empty one", "a blank one"],
)
def test_the_stand_in_bills_unless_another_is_named(environment: dict[str, str]) -> None:
    assert chosen_antaeus(environment) is STAND_IN


def test_the_stand_in_is_told_how_many_invoices_to_make() -> None:
    stack = with_settings(STACK, STAND_IN)
    assert stack["spec"]["antaeus"] == {
        "service": {"type": "NodePort", "nodePort": 30008},
        "env": [{"name": "ANTAEUS_INVOICES", "value": str(STAND_IN.invoices)}],
    }


def test_another_image_has_its_own_invoices_and_time_to_start() -> None:
    antaeus = chosen_antaeus({"ANTAEUS_IMAGE": "registry.example/antaeus:1"})
    settings = with_settings(STACK, antaeus)["spec"]["antaeus"]
    assert antaeus.invoices == 8
    assert "env" not in settings
    assert settings["startupSeconds"] < antaeus.start_seconds


@pytest.mark.parametrize(
    ("given", "full"),
    [
        ("antaeus", "antaeus:latest"),
        ("antaeus:1", "antaeus:1"),
        ("localhost:5000/antaeus", "localhost:5000/antaeus:latest"),
        ("localhost:5000/antaeus:1", "localhost:5000/antaeus:1"),
        ("antaeus@sha256:0123", "antaeus@sha256:0123"),
    ],
)
def test_an_image_is_named_in_full_as_the_status_will_name_it(given: str, full: str) -> None:
    assert chosen_antaeus({"ANTAEUS_IMAGE": given}).image == full


def test_the_given_stack_stays_as_it_is() -> None:
    before = copy.deepcopy(STACK)
    with_settings(STACK, STAND_IN)
    assert before == STACK


def test_the_sample_of_the_tree_is_the_demo_s() -> None:
    sample = read_sample(STAND_IN, SAMPLE)
    assert sample.namespace["metadata"]["name"] == "payments"
    assert sample.stack["metadata"] == {"name": "demo", "namespace": "payments"}
    assert sample.node_port == 30008
