"""The stand-in's parts put together in one process, without its server."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import Any

from falcon import testing

from billing_dev.antaeus.app import create_app
from billing_dev.antaeus.billing import Billing
from billing_dev.antaeus.builds import Build
from billing_dev.antaeus.charge_client import ChargeClient
from billing_dev.antaeus.invoices import Invoices, first_invoices

TOKEN = "secret-token"


@dataclass(frozen=True, slots=True)
class StandIn:
    """What a test asks and looks at."""

    http: testing.TestClient
    billing: Billing
    invoices: Invoices
    log: list[dict[str, Any]]

    def pay(self) -> testing.Result:
        return self.http.simulate_post("/rest/v1/invoices/pay")

    def paid(self) -> list[int]:
        """Returns the ids of the paid invoices."""
        return [invoice.id for invoice in self.invoices.all() if invoice.status == "PAID"]

    def charges(self) -> list[dict[str, Any]]:
        """Returns the log's lines about charges."""
        return [line for line in self.log if line["event"] == "charge"]


@contextmanager
def a_stand_in(
    endpoint: str = "http://127.0.0.1:0",
    *,
    build: Build = Build.TINJIS,
    token: str = TOKEN,
    invoices: int | None = None,
    timeout: float = 30.0,
) -> Iterator[StandIn]:
    """Makes a stand-in with a database of its own."""
    log: list[dict[str, Any]] = []

    def note(event: str, /, **fields: object) -> None:
        log.append({"event": event, **fields})

    client = ChargeClient(endpoint, build.headers(token), timeout=timeout)
    with TemporaryDirectory() as folder:
        store = Invoices(Path(folder) / "invoices.db", first_invoices(invoices, Random(1)))
        billing = Billing(store, client, build, note)
        app = create_app(store, billing.pay, note)
        try:
            yield StandIn(testing.TestClient(app), billing, store, log)
        finally:
            client.close()
            store.close()
