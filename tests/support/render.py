"""Renders what the operator makes of each sample: python -m support.render writes tests/golden.

It writes what the custom resource copies from Kubernetes, its reference, and the schema of
payment's profile too, so that one command brings all in step.
"""

from pathlib import Path

import yaml

from billing_operator.desired import antaeus, desired
from billing_operator.inputs import Installation, Token
from billing_operator.kinds import Manifest
from billing_operator.names import TOKEN_KEY
from billing_operator.spec import Stack
from billing_operator.token_rules import secret_name
from payment_service.profile.schema import schema_text
from support.crd import ROOT, crd, defaulted, schema
from support.kubernetes_types import with_copies
from support.profile_fields import CRD, PROFILE_SCHEMA, crd_text
from support.reference import REFERENCE, reference

GOLDEN = ROOT / "tests/golden"
SAMPLES = sorted((ROOT / "deploy/samples").glob("*.yaml"))
_INSTALLATION = Installation(
    "billing-system", "antaeus:default", "billing-payment:default", version="default"
)
_HEADER = "# Rendered from deploy/samples/{}; `make render` writes it again.\n"


class _Plain(yaml.SafeDumper):
    """Writes no anchors, and longer texts as blocks."""

    def ignore_aliases(self, data: object) -> bool:  # noqa: ARG002 - the signature is yaml's
        return True


def _text(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    style = "|" if "\n" in text else None
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)


_Plain.add_representer(str, _text)


def stacks(sample: Path) -> list[Manifest]:
    """The BillingStacks of a sample as the API server would store them."""
    documents = [each for each in yaml.safe_load_all(sample.read_text()) if each]
    found = [each for each in documents if each["kind"] == "BillingStack"]
    for body in found:
        body["metadata"] = {"namespace": "default", "uid": "0-0-0", **body["metadata"]}
    return [defaulted(body, schema()) for body in found]


def rendered(sample: Path) -> str:
    """Everything that the operator applies for a sample, in the order in which it does."""
    documents = [manifest for body in stacks(sample) for manifest in children(body)]
    text = yaml.dump_all(documents, Dumper=_Plain, sort_keys=False, width=100)
    return _HEADER.format(sample.name) + text


def children(body: Manifest) -> list[Manifest]:
    """The children of one stack, whose token is a fixed one."""
    stack = Stack.from_body(body)
    token_id = None if stack.secret_ref else "token-id"
    key = stack.secret_ref.key if stack.secret_ref else TOKEN_KEY
    token = Token(secret_name(stack), key, id=token_id, generated=stack.secret_ref is None)
    template = antaeus.template(stack, token, _INSTALLATION)
    groups = desired(stack, token, _INSTALLATION, antaeus_template=template)
    return [manifest for group in groups for manifest in group]


def main() -> None:
    """Writes what the custom resource copies from elsewhere, and all that follows from it."""
    _write({PROFILE_SCHEMA: schema_text()})
    _write({CRD: crd_text()})
    _write({CRD: with_copies(CRD.read_text())})
    crd.cache_clear()
    texts = {GOLDEN / sample.name: rendered(sample) for sample in SAMPLES}
    _write(texts | {REFERENCE: reference()})


def _write(texts: dict[Path, str]) -> None:
    for file, text in texts.items():
        file.write_text(text)
        print(f"wrote {file.relative_to(ROOT)}")


if __name__ == "__main__":
    main()
