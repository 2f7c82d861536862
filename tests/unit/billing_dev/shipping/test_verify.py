"""A verification tells the truth: what held, what did not, and what could not be tried."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from billing_dev.clients.kube import Manifest
from billing_dev.crd import crd
from billing_dev.shipping.rights import needed, plural
from billing_dev.shipping.stacks import CRD
from billing_dev.shipping.verify import Finding, Mark, Trial, summary
from billing_dev.tree import ROOT
from unit.billing_dev.shipping.fake_kubectl import FakeKubectl

MANIFESTS: list[Manifest] = [
    crd(),
    {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "billing-system"}},
    {
        "apiVersion": "v1",
        "kind": "ServiceAccount",
        "metadata": {"name": "billing-operator", "namespace": "billing-system"},
    },
]


def a_cluster(answers: dict[str, Any] | None = None, *, allowed: str = "true") -> FakeKubectl:
    return FakeKubectl(
        {
            "kustomize": yaml.safe_dump_all(MANIFESTS),
            "create -f -": f"{allowed}\n" * len(list(needed(MANIFESTS))),
            **(answers or {}),
        }
    )


def found(kube: FakeKubectl) -> list[Finding]:
    return list(Trial(kube).findings(ROOT / "deploy" / "base"))


def samples(findings: list[Finding]) -> list[Finding]:
    return [each for each in findings if "BillingStack" in each.what]


def test_a_stack_is_not_tried_where_nobody_knows_the_kind_and_that_is_said() -> None:
    findings = found(a_cluster())

    assert {each.mark for each in samples(findings)} == {Mark.NOT_TRIED}
    assert "no such kind yet" in samples(findings)[0].words
    assert {each.mark for each in findings if each not in samples(findings)} == {Mark.OK}


def test_a_stack_is_not_judged_by_the_kind_of_another_version() -> None:
    older = crd() | {"spec": crd()["spec"] | {"versions": []}}
    findings = found(a_cluster({f"get crd {CRD}": older}))

    assert {each.mark for each in samples(findings)} == {Mark.NOT_TRIED}
    assert "another version" in samples(findings)[0].words


def test_a_stack_is_tried_where_the_kind_is_the_one_of_this_version() -> None:
    findings = found(a_cluster({f"get crd {CRD}": crd()}))

    assert [each.mark for each in samples(findings)] == [Mark.OK] * 3


def test_an_object_is_tried_elsewhere_while_its_namespace_is_not_there_and_that_is_said() -> None:
    kube = a_cluster()
    (finding,) = (each for each in found(kube) if "ServiceAccount" in each.what)

    assert finding.words == "tried in namespace default, since billing-system is not there yet"
    tried = {each["kind"]: each["metadata"].get("namespace") for each in kube.tried}
    assert tried["ServiceAccount"] == "default"
    assert tried["CustomResourceDefinition"] is None


def test_an_object_is_tried_in_its_own_namespace_where_that_is_there() -> None:
    kube = a_cluster({"get namespace billing-system": "namespace/billing-system"})
    (finding,) = (each for each in found(kube) if "ServiceAccount" in each.what)

    assert finding.words == ""
    assert kube.tried[2]["metadata"]["namespace"] == "billing-system"


def test_what_the_cluster_refuses_is_told_in_its_own_words() -> None:
    kube = a_cluster()
    kube.refused["billing-operator"] = 'unknown field "spec.x"'
    (bad,) = (each for each in found(kube) if each.mark == Mark.NOT_OK)

    assert "ServiceAccount billing-operator" in bad.what
    assert bad.words.startswith('unknown field "spec.x"')


def test_rights_that_are_missing_are_named() -> None:
    first, *_ = found(a_cluster(allowed="false"))

    assert first.mark == Mark.NOT_OK
    every = "create, patch, delete"
    assert first.words.startswith(
        f"you may not {every} customresourcedefinitions.apiextensions.k8s.io; "
    )
    assert f"; {every} serviceaccounts in billing-system; " in first.words
    assert first.words.endswith("; create pods/portforward")


def test_a_person_who_may_not_even_look_is_told_so_of_each_thing() -> None:
    kube = a_cluster()
    kube.forbidden = ("get namespace", "get crd")
    findings = found(kube)

    (account,) = (each for each in findings if "ServiceAccount" in each.what)
    assert (account.mark, account.words) == (Mark.NOT_OK, "Forbidden")
    assert {each.words for each in samples(findings)} == {
        "the kind itself can't be tried (Forbidden)"
    }


def test_every_right_asked_for_names_a_resource_that_there_is() -> None:
    files = (*(ROOT / "deploy/base").glob("*.yaml"), *(ROOT / "crds").glob("*.yaml"))
    deployed = [each for file in files for each in documents(file)]

    assert {right.resource for right in needed(deployed)} == {
        "billingstacks",
        "clusterrolebindings",
        "clusterroles",
        "customresourcedefinitions",
        "deployments",
        "namespaces",
        "pods",
        "poddisruptionbudgets",
        "pods/portforward",
        "rolebindings",
        "roles",
        "serviceaccounts",
        "services",
    }


@pytest.mark.parametrize(
    ("kind", "resource"),
    [
        ("Service", "services"),
        ("NetworkPolicy", "networkpolicies"),
        ("IngressClass", "ingressclasses"),
    ],
)
def test_a_resource_is_guessed_as_kubernetes_does(kind: str, resource: str) -> None:
    assert plural(kind) == resource


def documents(file: Path) -> list[Manifest]:
    found = [each for each in yaml.safe_load_all(file.read_text()) if "metadata" in each]
    return [each for each in found if each["kind"] != "Kustomization"]


def test_the_end_counts_what_was_found() -> None:
    assert summary([Mark.OK, Mark.NOT_TRIED, Mark.OK]) == "\n2 ok, 1 not tried; nothing was kept"
