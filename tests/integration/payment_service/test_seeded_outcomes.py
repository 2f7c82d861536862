"""With a seed, outcomes belong to charges and attempts, not to processes or their order."""

import json
import random
from contextlib import ExitStack
from pathlib import Path

from support.payment.service import Caller, ServiceProcess, a_charge, a_request

_PROFILE = {
    "successRate": 0.5,
    "seed": 42,
    "rules": [
        {"name": "often-poor", "match": {"currencies": ["DKK"]}, "rate": 0.4}
        | {"decline": {"reason": "InsufficientFunds"}}
    ],
    "faults": [{"name": "trouble", "rate": 0.2, "fault": {"status": {"code": 503}}}],
    "duplicates": {"mode": "Ignore"},
}
_PROCESSES = 4


def test_given_attempts_come_out_alike_in_every_process_and_in_any_order(tmp_path: Path) -> None:
    charges = [
        (customer, currency, attempt)
        for customer in range(1, 26)
        for currency in ("USD", "DKK")
        for attempt in (1, 2, 3)
    ]
    outcomes = []
    with ExitStack() as running:
        for number in range(_PROCESSES):
            shuffled = random.Random(number).sample(charges, len(charges))
            service = running.enter_context(a_process(tmp_path / str(number)))
            outcomes.append(answers(service, shuffled))

    assert all(each == outcomes[0] for each in outcomes)
    statuses = {status for status, _, _ in outcomes[0].values()}
    reasons = {reason for _, _, reason in outcomes[0].values()}
    assert (statuses, reasons) == ({200, 503}, {None, "Generic", "InsufficientFunds"})


def a_process(folder: Path) -> ServiceProcess:
    folder.mkdir()
    profile = folder / "profile.json"
    profile.write_text(json.dumps(_PROFILE))
    return ServiceProcess(folder, profile_file=str(profile))


def answers(
    service: ServiceProcess, charges: list[tuple[int, str, int]]
) -> dict[tuple[int, str, int], tuple[int, bytes, str | None]]:
    """Status, body and reason of each."""
    outcomes = {}
    with Caller(service.port) as caller:
        for customer, currency, attempt in charges:
            body = a_charge(customer_id=customer, currency=currency)
            answer = caller.ask(a_request(body, headers=f"X-Charge-Attempt: {attempt}\r\n"))
            reason = answer.headers.get("decline-reason")
            outcomes[customer, currency, attempt] = answer.status, answer.body, reason
    return outcomes
