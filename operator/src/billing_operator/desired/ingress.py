"""How Antaeus is reached from outside the cluster, by a name and through somebody's controller."""

from billing_operator.desired import workload
from billing_operator.kinds import Manifest
from billing_operator.names import ANTAEUS, part_name
from billing_operator.spec.stack import Stack


def ingresses(stack: Stack) -> tuple[Manifest, ...]:
    """Antaeus' Ingress; none where it is not switched on."""
    wanted = stack.antaeus.ingress
    if wanted is None:
        return ()
    backend = {"service": {"name": part_name(stack.name, ANTAEUS), "port": {"name": "http"}}}
    path = {"path": "/", "pathType": "Prefix", "backend": backend}
    spec: Manifest = {"rules": [{"host": wanted.host, "http": {"paths": [path]}}]}
    if wanted.class_name:
        spec["ingressClassName"] = wanted.class_name
    if wanted.tls_secret:
        spec["tls"] = [{"hosts": [wanted.host], "secretName": wanted.tls_secret}]
    metadata = workload.part_metadata(stack, ANTAEUS)
    if wanted.annotations:
        metadata["annotations"] = dict(wanted.annotations)
    ingress = {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "Ingress",
        "metadata": metadata,
        "spec": spec,
    }
    return (ingress,)
