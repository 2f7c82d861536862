"""What bears the name of a child and is not the stack's is neither used nor changed."""

import shlex

from billing_operator.kinds import BY_NAME, Manifest, Ref
from billing_operator.names import ADOPT
from support.cluster.final_checks import assert_at_rest, assert_settled, children
from support.cluster.limits import NOTICED
from support.cluster.workspace import Workspace, conditions, holds

_SERVICE = {
    "apiVersion": "v1",
    "kind": "Service",
    "metadata": {"name": "shop-payment"},
    # Nothing of it can stay beside what the stack wants of its own.
    "spec": {"type": "NodePort", "ports": [{"name": "charges", "port": 80}]},
}
_TOKEN = {
    "apiVersion": "v1",
    "kind": "Secret",
    "metadata": {"name": "shop-token"},
    "stringData": {"token": "somebody-elses"},
}


def test_a_foreign_service_is_adopted_only_by_the_command_that_the_condition_names(
    workspace: Workspace,
) -> None:
    with workspace.operator() as operator:
        said = _meet(workspace, _SERVICE)
        assert_at_rest(workspace, operator)
        untouched = _read(workspace, Ref("Service", "shop-payment"))
        assert "ownerReferences" not in untouched["metadata"]
        assert not [name for name in children(workspace, "shop") if name.kind == "Deployment"]

        command = shlex.split(said.partition("kubectl ")[2])
        assert f"{ADOPT}=shop" in command
        workspace.kube(*command)
        operator.resync()

        workspace.until_ready("shop")
        adopted = _read(workspace, Ref("Service", "shop-payment"))
        assert adopted["metadata"]["uid"] == untouched["metadata"]["uid"]
        assert_settled(workspace, operator, "shop", lives=workspace.antaeus_instances("shop"))


def test_a_foreign_secret_is_no_token_until_it_makes_room(workspace: Workspace) -> None:
    """For the one child whose content nobody but its owner may change."""
    with workspace.operator() as operator:
        assert "spec.token.secretRef" in _meet(workspace, _TOKEN)
        before = _read(workspace, Ref("Secret", "shop-token"))
        # What hands over any other child does not hand over a Secret.
        adopt = {"metadata": {"annotations": {ADOPT: "shop"}}}
        workspace.kube.patch("secret", "shop-token", workspace.namespace, adopt)
        assert_at_rest(workspace, operator)
        assert _read(workspace, Ref("Secret", "shop-token"))["data"] == before["data"]

        workspace.kube.delete("secret", "shop-token", workspace.namespace)
        operator.resync()

        workspace.until_ready("shop")
        assert_settled(workspace, operator, "shop", lives=workspace.antaeus_instances("shop"))


def _meet(workspace: Workspace, foreign: Manifest) -> str:
    """Lets a stack come upon a foreign object; returns what its condition says."""
    metadata = foreign["metadata"] | {"namespace": workspace.namespace}
    workspace.kube.apply(foreign | {"metadata": metadata})
    workspace.apply("shop")
    body = workspace.until("shop", lambda stack: holds(stack, "NameConflict"), within=NOTICED)
    found = conditions(body)
    assert found["Ready"]["status"] == "False"
    assert found["Stalled"]["status"] == "True"
    return str(found["NameConflict"]["message"])


def _read(workspace: Workspace, name: Ref) -> Manifest:
    found = workspace.api.read(BY_NAME[name.kind], workspace.namespace, name.name)
    assert found is not None
    return found
