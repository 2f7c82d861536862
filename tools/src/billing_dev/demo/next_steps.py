"""What to try once the demo has run: commands that work when they are pasted."""

from billing_dev.cluster.paths import Cluster
from billing_dev.demo.stack import ANTAEUS, NAME, NAMESPACE
from billing_dev.installation import UPSTREAM_ANTAEUS

_TEXT = """\
The stack goes on running. Try:

  # a kubectl for this cluster, in this shell only
  export KUBECONFIG="{kubeconfig}" PATH="{programs}:$PATH"

  # how the stack stands: rate in effect, invoices paid and pending
  kubectl get bst -n {namespace}

  # let every charge succeed, and pay again; no pod restarts for it
  kubectl patch bst {name} -n {namespace} --type=merge -p '{change}'
  kubectl wait bst {name} -n {namespace} --for=condition=Ready
  curl -sX POST {url}/rest/v1/invoices/pay; echo

  # three payment pods, so that one may go at any time
  kubectl scale bst {name} -n {namespace} --replicas=3
  kubectl wait bst {name} -n {namespace} --for=condition=Ready

  # new invoices: Antaeus forgets all payments when it restarts
  kubectl rollout restart {antaeus} -n {namespace}
  kubectl rollout status {antaeus} -n {namespace}

  # a prompt beside the stack, with curl and jq; first it shows who reaches payment
  make shell

  # the table again: with the sample's settings, and with new invoices
  make demo

  # the same with the original Antaeus, where its image can be pulled, in place of a stand-in
  make demo ANTAEUS_IMAGE={upstream}

  # clean up: the stack alone, or the clusters of demo and tests
  kubectl delete namespace {namespace}
  make down
"""


_EVERY_CHARGE = '{"spec":{"payment":{"successRate":1}}}'


def next_steps(cluster: Cluster, url: str) -> str:
    """The commands, for this cluster and this Antaeus."""
    return _TEXT.format(
        kubeconfig=cluster.kubeconfig,
        programs=cluster.kubectl.parent,
        namespace=NAMESPACE,
        name=NAME,
        change=_EVERY_CHARGE,
        antaeus=ANTAEUS,
        url=url,
        upstream=UPSTREAM_ANTAEUS,
    )
