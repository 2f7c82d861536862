"""What the schema takes over from Kubernetes is what Kubernetes has, in words of ours."""

import pytest
import yaml

from billing_dev.crd import schema
from billing_dev.render.kubernetes_types import (
    CRD,
    OLDEST,
    PLACES,
    WORDS,
    Types,
    UnknownFieldError,
    definitions,
    with_copies,
)
from billing_operator.kinds import Manifest

NEWEST = "1.37"


def test_the_copies_are_in_step_with_kubernetes_and_the_words() -> None:
    assert with_copies(CRD.read_text()) == CRD.read_text(), "see `make render`"


def test_every_copy_stands_in_the_schema() -> None:
    spec = schema()["properties"]["spec"]["properties"]

    for place, fields in PLACES.items():
        assert set(fields) - set(spec[place]["properties"]) == set()
        for name, source in fields.items():
            assert spec[place]["properties"][name] == Types().field(name, *source), name


def test_a_newer_kubernetes_has_every_field_that_is_copied() -> None:
    old, new = definitions(OLDEST), definitions(NEWEST)
    kinds = set(yaml.safe_load(WORDS.read_text())["fields"]) & set(old)

    assert {"Toleration", "NetworkPolicyPeer"} <= kinds
    for kind in kinds:
        for name, of in old[kind]["properties"].items():
            assert _structure(new[kind]["properties"][name]) == _structure(of), f"{kind}.{name}"


def _structure(of: Manifest) -> Manifest:
    return {word: of.get(word) for word in ("type", "$ref", "items", "x-kubernetes-list-map-keys")}


def test_a_field_without_words_is_named() -> None:
    words = {"leftOut": [], "fields": {"BillingStack": {"tolerations": {"maxItems": 1}}}}

    with pytest.raises(UnknownFieldError, match=r"no words for Toleration\.effect"):
        Types(words=words).field("tolerations", "PodSpec", "tolerations")


def test_words_without_a_field_are_named() -> None:
    words = {"leftOut": [], "fields": {"BillingStack": {"colour": {"maxLength": 1}}}}

    with pytest.raises(UnknownFieldError, match=r"\('BillingStack', 'colour'\)"):
        Types(words=words).check_words()
