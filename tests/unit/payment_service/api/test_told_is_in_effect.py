"""What 9001 and the control API tell is what charges are decided by, over real sockets."""

import json
from pathlib import Path
from typing import Any

import pytest

from billing_dev.eventually import eventually
from payment_service.metrics import MOST_INVENTED
from payment_service.service import Service
from payment_service.text.currencies import KNOWN
from support.cases import cases
from support.payment.control import Control, a_controlled_service
from support.payment.service import Caller, a_charge, a_request, a_service, get, sample

LARGEST = "999999999999999.99"


def told(service: Service) -> Any:
    return get(service.ops.number, "/profile").json


def page(service: Service) -> bytes:
    return get(service.ops.number, "/metrics").body


def pay(service: Service, value: str, currency: str = "USD") -> str:
    body = f'{{"customer_id":1,"currency":"{currency}","value":{value}}}'
    with Caller(service.charges.number) as caller:
        return str(caller.ask(a_request(body.encode())).json["result"])


def put(control: Control, **profile: object) -> None:
    assert control.ask("PUT", "/v1/profile", profile).status == 200


def test_a_profile_put_by_the_control_api_is_the_one_that_is_told(tmp_path: Path) -> None:
    with a_controlled_service(tmp_path) as (service, control):
        from_file = told(service)
        put(control, successRate=0.25)
        from_control, metrics = told(service), page(service)
        control.ask("DELETE", "/v1/profile")
        again = told(service)

    assert (from_file["source"], len(from_file["hash"])) == ("file", 64)
    assert (from_control["source"], from_control["hash"]) == ("control", None)
    assert from_control["profile"]["successRate"] == 0.25
    assert sample(metrics, "payment_profile_success_rate") == 0.25
    assert sample(metrics, 'payment_profile_info{hash=""}') == 1
    assert sample(metrics, "payment_profile_replaced") == 1
    assert again == from_file


def test_faults_set_while_running_are_told_beside_the_profile(tmp_path: Path) -> None:
    with a_controlled_service(tmp_path) as (service, control):
        control.put_fault("outage")

        assert [fault["name"] for fault in told(service)["faults"]] == ["outage"]
        assert "faults" not in told(service)["profile"]


def test_a_known_currency_has_its_series_after_any_number_of_invented_ones(tmp_path: Path) -> None:
    invented = [f"X{a}{b}" for a in "QWZ" for b in "ABCDEFGHIJKLMNOPQRSTUVWXYZ"]
    with a_service(tmp_path, success_rate=1.0) as service, Caller(service.charges.number) as caller:
        for currency in [*invented, "USD", "no code"]:
            assert caller.ask(a_request(a_charge(currency=currency))).status == 200
        metrics = page(service)

    def counted(currency: str) -> float:
        labels = f'currency="{currency}",outcome="accepted",reason=""'
        return sample(metrics, f"payment_charges_total{{{labels}}}")

    assert KNOWN.isdisjoint(invented)
    assert counted("USD") == counted(invented[0]) == 1
    assert counted("other") == len(invented) - MOST_INVENTED + 1


@pytest.mark.parametrize(
    ("value", "result"),
    cases("{0} is {1}", [("1000000000000000", "true"), (LARGEST, "false"), ("0.009", "true")]),
)
def test_amounts_of_the_profile_are_exact(tmp_path: Path, value: str, result: str) -> None:
    rule = {"name": "r", "match": {"amount": {"min": "0.010", "max": LARGEST}}}
    document = {"successRate": 1, "rules": [{**rule, "decline": {"reason": "Expired"}}]}
    (tmp_path / "profile.json").write_text(json.dumps(document))
    with a_controlled_service(tmp_path) as (service, control):
        assert pay(service, value) == result
        for shown in (told(service)["profile"], control.get("/v1/profile")["profile"]):
            assert shown["rules"][0]["match"]["amount"] == {"min": "0.010", "max": LARGEST}


def test_an_amount_of_the_profile_that_is_a_number_is_refused_with_the_remedy(
    tmp_path: Path,
) -> None:
    with a_controlled_service(tmp_path) as (service, control):
        raw = (
            b'{"successRate":1,"rules":[{"name":"r","accept":true,'
            b'"match":{"amount":{"max":999999999999999.99}}}]}'
        )
        refused = control.ask("PUT", "/v1/profile", raw=raw)
        (tmp_path / "profile.json").write_bytes(raw)

        assert refused.status == 400
        assert refused.json["errors"][0]["field"] == "rules[0].match.amount.max"
        assert "write it as a string" in refused.json["errors"][0]["detail"]
        eventually(lambda: told(service).get("refused"), within=5)
