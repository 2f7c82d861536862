"""What the recording types is what a stack of today wants, and what it printed."""

import pytest
import yaml
from jsonschema import Draft202012Validator

from billing_dev.cluster.errors import ClusterError
from billing_dev.crd import crd, schema
from billing_dev.recording.story import manifest, printed_command


def test_the_manifest_is_one_of_a_version_that_is_served() -> None:
    stack = yaml.safe_load(manifest())

    group, _, version = stack["apiVersion"].partition("/")
    assert group == crd()["spec"]["group"]
    assert version in [each["name"] for each in crd()["spec"]["versions"] if each["served"]]
    assert stack["spec"] == {}
    Draft202012Validator(schema()).validate(stack)


def test_the_command_is_taken_from_what_was_printed() -> None:
    said = (
        "1s   Warning   InvoicesReset   BillingStack/shop   Antaeus forgot its payments. Once that "
        "is dealt with: kubectl annotate --overwrite -n shop bst shop a.b/ack=2026-01-02\r\n"
    )

    assert printed_command(said) == (
        "kubectl annotate --overwrite -n shop bst shop a.b/ack=2026-01-02"
    )


def test_where_none_was_printed_nothing_is_made_up() -> None:
    with pytest.raises(ClusterError, match="No command that acknowledges was printed"):
        printed_command("No events found in default namespace.")
