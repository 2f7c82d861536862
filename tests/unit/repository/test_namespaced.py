"""What deploy/namespaced grants is what deploy/base does, in fewer places."""

from pathlib import Path

import yaml

from billing_dev.tree import ROOT
from billing_operator.kinds import Manifest

BASE = ROOT / "deploy/base/rbac.yaml"
RIGHTS = ROOT / "deploy/namespaced/rights/rbac.yaml"


def test_in_a_namespace_the_operator_has_the_rights_that_it_would_have_everywhere() -> None:
    (everywhere,) = of_kind(BASE, "ClusterRole")
    (here,) = of_kind(RIGHTS, "Role")

    assert here["rules"] == everywhere["rules"]


def test_no_role_that_reaches_further_is_beside_them() -> None:
    assert of_kind(RIGHTS, "ClusterRole") == of_kind(RIGHTS, "ClusterRoleBinding") == []
    (binding,) = of_kind(RIGHTS, "RoleBinding")
    (role,) = of_kind(RIGHTS, "Role")
    assert binding["roleRef"]["name"] == role["metadata"]["name"]
    # In the operator's own namespace a Role of the base has that name.
    (own,) = of_kind(BASE, "Role")
    assert own["metadata"]["name"] != role["metadata"]["name"]


def of_kind(file: Path, kind: str) -> list[Manifest]:
    return [each for each in yaml.safe_load_all(file.read_text()) if each["kind"] == kind]
