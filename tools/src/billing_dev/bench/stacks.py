"""What both sides of the operator's benchmark make: stacks, and the same objects without one."""

import copy

from billing_dev.installation import NAMESPACE as OPERATOR_NAMESPACE
from billing_operator.desired import antaeus, desired
from billing_operator.inputs import Installation, Token
from billing_operator.kinds import BILLING_STACK, CHILDREN, SECRET, Kind, Manifest
from billing_operator.names import STACK_LABEL, token_secret_name
from billing_operator.spec.stack import Stack

NAMESPACE = "bench"
KINDS: tuple[Kind, ...] = (BILLING_STACK, *CHILDREN, SECRET)


def a_stack(name: str) -> Manifest:
    """A stack that starts no pods."""
    return {
        "apiVersion": BILLING_STACK.api_version,
        "kind": BILLING_STACK.name,
        "metadata": {"name": name, "namespace": NAMESPACE},
        "spec": {"antaeus": {"replicas": 0}, "payment": {"replicas": 0}},
    }


def bare_objects(name: str, owner: Manifest) -> list[Manifest]:
    """The same objects as the operator makes, in a form that it takes no notice of."""
    body = a_stack(name) | {"metadata": owner["metadata"] | {"name": name}}
    stack = Stack.from_body(body)
    token = Token(token_secret_name(name), "token", id="0123456789ab", generated=True)
    installation = Installation(OPERATOR_NAMESPACE, "antaeus:1", "payment:1", "operator:1", "1")
    template = antaeus.template(stack, token, installation)
    groups = desired(stack, token, installation, antaeus_template=template)
    objects = [copy.deepcopy(manifest) for group in groups for manifest in group]
    objects.append(
        {
            "apiVersion": "v1",
            "kind": "Secret",
            "metadata": copy.deepcopy(objects[0]["metadata"]) | {"name": token_secret_name(name)},
            "stringData": {"token": "0" * 43, "id": "0" * 12},
        }
    )
    for manifest in objects:
        del manifest["metadata"]["labels"][STACK_LABEL]
        manifest["metadata"]["ownerReferences"] = [
            {
                "apiVersion": "v1",
                "kind": "ConfigMap",
                "name": owner["metadata"]["name"],
                "uid": owner["metadata"]["uid"],
            }
        ]
    return objects
