"""Antaeus' stand-in billed by the payment service, and the books of both."""

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path
from typing import Any

from billing_dev.antaeus.builds import Build
from payment_service.service import Service
from support.payment.logged import Commands
from support.payment.service import TOKEN, a_service
from unit.billing_dev.antaeus.stand_in import StandIn, a_stand_in

INVOICES = 4


class AntaeusAndPayment:
    """Both services, and what each of them holds for true."""

    def __init__(self, folder: Path, antaeus: StandIn, payment: Service) -> None:
        self._folder = folder
        self.antaeus = antaeus
        self.payment = payment

    def pay(self) -> object:
        """What the pay call says: true, false, or 500."""
        answer = self.antaeus.pay()
        return answer.json if answer.status_code == 200 else answer.status_code

    def booked(self) -> int:
        """How many charges were accepted."""
        return sum(row.accepted.count for row in self.payment.state.totals().rows.values())

    def sent(self) -> list[int]:
        """How often each charge went out."""
        return [line["sent"] for line in self.antaeus.charges()]

    def reconciled(self, commands: Commands) -> tuple[int, dict[str, Any]]:
        """What `payment-service reconcile` says of the two, and its exit code."""
        invoices = self._folder / "invoices.json"
        invoices.write_text(self.antaeus.http.simulate_get("/rest/v1/invoices").text)
        words = ("--invoices", str(invoices), str(self._folder / "log"), "--json")
        code = commands.run("reconcile", *words)
        return code, json.loads(commands.out)

    def surplus(self) -> Counter[tuple[int, Decimal]]:
        """What was accepted and is not PAID, by customer and amount, from the service's log."""
        lines = map(json.loads, (self._folder / "log").read_text().splitlines())
        accepted = Counter(
            (line["customer_id"], Decimal(str(line["value"])))
            for line in lines
            if line.get("outcome") == "accepted"
        )
        accepted.subtract(
            (invoice.customer_id, Decimal(str(invoice.value)))
            for invoice in self.antaeus.invoices.all()
            if invoice.status == "PAID"
        )
        return +accepted


@contextmanager
def services(
    folder: Path,
    build: Build,
    profile: Mapping[str, Any],
    *,
    token: str = TOKEN,
    antaeus_waits: float = 0.5,
) -> Iterator[AntaeusAndPayment]:
    """Both services under a profile, whose rate is 1 unless it says else; all is PENDING.

    `antaeus_waits` so many seconds for each read; in truth 30.
    """
    (folder / "profile.json").write_text(json.dumps({"successRate": 1, **profile}))
    asks = build is Build.TINJIS
    with (
        a_service(folder, require_token=asks) as payment,
        a_stand_in(
            f"http://127.0.0.1:{payment.charges.number}",
            build=build,
            token=token,
            invoices=INVOICES,
            timeout=antaeus_waits,
        ) as antaeus,
    ):
        yield AntaeusAndPayment(folder, antaeus, payment)
