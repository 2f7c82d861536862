"""A profile that payment does not take: the stack says so, and its pods go on as they are."""

import hashlib
import json
from datetime import UTC, datetime
from pathlib import Path

from billing_dev.eventually import eventually
from billing_operator.apps.http import read_profile
from billing_operator.desired import profile
from billing_operator.kinds import Manifest, conditions_of
from billing_operator.names import PROFILE_DIR
from billing_operator.observed.stack import observe
from billing_operator.profile.refusal import Refusal
from billing_operator.status.judge import judge
from billing_operator.status.readiness import Findings
from support.cluster.limits import NOTICED
from support.operator.builders import (
    a_deployment,
    a_pod,
    a_reading,
    a_stack,
    a_token,
    an_installation,
)
from support.operator.in_memory import ready
from support.payment.service import a_service, get


def test_it_is_told_by_field_and_remedy() -> None:
    mistakes = (
        "/etc/payment/profile/profile.json: rules[0].match.amount: no such field",
        "/etc/payment/profile/profile.json: longer than 65536 bytes",
    )
    status = judged(Refusal("shop-payment-0", mistakes))

    told = conditions_of(status)
    statuses = {kind: told[kind]["status"] for kind in ("Ready", "Reconciling", "Stalled")}
    assert statuses == {"Ready": "False", "Reconciling": "False", "Stalled": "True"}
    for kind in ("Ready", "Stalled"):
        assert told[kind]["reason"] == "ProfileRefused"
        assert told[kind]["message"] == (
            "payment: pod shop-payment-0 refuses the profile and goes on by the one before: "
            "spec.payment.rules[0].match.amount: no such field; longer than 65536 bytes; to mend "
            "it, correct or remove these fields, or name a payment that knows them in "
            "spec.payment.image"
        )
    assert "successRate" not in status["payment"]


def test_however_many_mistakes_there_are_the_remedy_is_told() -> None:
    mistakes = tuple(f"rules[{number}].rate: is missing" for number in range(200))

    message = conditions_of(judged(Refusal("shop-payment-0", mistakes)))["Ready"]["message"]
    assert message.endswith("in spec.payment.image")


def judged(refusal: Refusal) -> Manifest:
    found = Findings(
        seen=observe([a_deployment("antaeus"), a_deployment()], [a_pod("antaeus"), a_pod()]),
        token=a_token(),
        fault=None,
        profile_in_effect=False,
        reading=a_reading(),
        refusal=refusal,
    )
    return judge(a_stack(), found, an_installation(), now=datetime(2025, 1, 1, tzinfo=UTC))


def test_what_payment_itself_says_of_a_field_is_read_and_led_back_to_the_stack(
    tmp_path: Path,
) -> None:
    file = tmp_path / "profile.json"
    file.write_text('{"successRate": 0.5}')
    with a_service(tmp_path) as service:
        # As a newer operator might write it.
        file.write_text('{"successRate": 0.5, "rules": [{"name": "a", "accept": true, "new": 1}]}')
        answer = eventually(
            lambda: read_profile(get(service.ops.number, "/profile").body),
            lambda answer: answer.refused,
            within=NOTICED,
        )

    assert answer.digest == hashlib.sha256(b'{"successRate": 0.5}').hexdigest()
    assert answer.refused == hashlib.sha256(file.read_bytes()).hexdigest()
    (mistake,) = answer.mistakes
    mounted = mistake.replace(str(tmp_path), PROFILE_DIR)
    assert "spec.payment.rules[0].new: no such field" in str(Refusal("a", (mounted,)))


async def test_it_is_told_at_once_and_pods_are_left_alone() -> None:
    operator = await ready()
    pods = operator.cluster.must_get("Deployment", "shop-payment")
    operator.change(payment={"declineReason": "Expired"})
    await operator.reconcile()
    mistake = "/etc/payment/profile/profile.json: declineReason: no such field"
    operator.apps.refusals["shop-payment-0"] = (profile.digest(operator.stack), mistake)

    assert await operator.reconcile() == 5.0
    assert operator.condition("Stalled") == ("True", "ProfileRefused")
    assert "spec.payment.declineReason: no such field" in json.dumps(operator.status)
    assert operator.cluster.must_get("Deployment", "shop-payment") == pods
    assert "ProfileRefused" in operator.announced

    operator.change(payment={"successRate": 0.9})
    await operator.reconcile()
    operator.refresh_profiles()
    await operator.reconcile()
    assert operator.condition("Ready") == ("True", "AllReady")
