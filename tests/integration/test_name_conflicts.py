"""What bears the name of a child and is not the stack's is neither used nor changed."""

import shlex

from billing_operator.kinds import BY_NAME, Manifest, Ref
from billing_operator.names import ADOPT
from support.limits import NOTICED
from support.master import assert_at_rest, assert_settled, children
from support.scene import Scene, conditions, holds

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
    scene: Scene,
) -> None:
    with scene.operator() as operator:
        said = _meet(scene, _SERVICE)
        assert_at_rest(scene, operator)
        untouched = _read(scene, Ref("Service", "shop-payment"))
        assert "ownerReferences" not in untouched["metadata"]
        assert not [name for name in children(scene, "shop") if name.kind == "Deployment"]

        command = shlex.split(said.partition("kubectl ")[2])
        assert f"{ADOPT}=shop" in command
        scene.kube(*command)
        operator.resync()

        scene.until_ready("shop")
        adopted = _read(scene, Ref("Service", "shop-payment"))
        assert adopted["metadata"]["uid"] == untouched["metadata"]["uid"]
        assert_settled(scene, operator, "shop", lives=scene.antaeus_lives("shop"))


def test_a_foreign_secret_is_no_token_until_it_makes_room(scene: Scene) -> None:
    """For the one child whose content nobody but its owner may change."""
    with scene.operator() as operator:
        assert "spec.token.secretRef" in _meet(scene, _TOKEN)
        before = _read(scene, Ref("Secret", "shop-token"))
        # What hands over any other child does not hand over a Secret.
        adopt = {"metadata": {"annotations": {ADOPT: "shop"}}}
        scene.kube.patch("secret", "shop-token", scene.namespace, adopt)
        assert_at_rest(scene, operator)
        assert _read(scene, Ref("Secret", "shop-token"))["data"] == before["data"]

        scene.kube.delete("secret", "shop-token", scene.namespace)
        operator.resync()

        scene.until_ready("shop")
        assert_settled(scene, operator, "shop", lives=scene.antaeus_lives("shop"))


def _meet(scene: Scene, foreign: Manifest) -> str:
    """Lets a stack come upon a foreign object; returns what its condition says."""
    metadata = foreign["metadata"] | {"namespace": scene.namespace}
    scene.kube.apply(foreign | {"metadata": metadata})
    scene.apply("shop")
    body = scene.until("shop", lambda stack: holds(stack, "NameConflict"), within=NOTICED)
    found = conditions(body)
    assert found["Ready"]["status"] == "False"
    assert found["Stalled"]["status"] == "True"
    return str(found["NameConflict"]["message"])


def _read(scene: Scene, name: Ref) -> Manifest:
    found = scene.api.read(BY_NAME[name.kind], scene.namespace, name.name)
    assert found is not None
    return found
