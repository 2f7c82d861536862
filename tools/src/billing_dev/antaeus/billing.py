"""The pay call: charges what is pending, one invoice at a time.

Nothing guards two calls against each other, as with the original: each reads its own list of what
is pending and charges all of it.
"""

from billing_dev.antaeus.answers import NoResultError, says_paid
from billing_dev.antaeus.builds import Build
from billing_dev.antaeus.charge_client import Attempt, ChargeClient
from billing_dev.antaeus.invoices import Invoice, Invoices
from billing_dev.antaeus.json_lines import Log


class Billing:
    """Pays the pending invoices with one payment service, the way of one build."""

    def __init__(self, invoices: Invoices, client: ChargeClient, build: Build, log: Log) -> None:
        self._invoices = invoices
        self._client = client
        self._build = build
        self._log = log

    def pay(self) -> bool:
        """Says whether every charge succeeded; an exception leaves the rest untried."""
        all_paid = True
        for invoice in self._invoices.pending():
            if self._charge(invoice):
                self._invoices.mark_paid(invoice.id)
                continue
            all_paid = False
            if not self._build.goes_on_after_a_refusal:
                break
        return all_paid

    def _charge(self, invoice: Invoice) -> bool:
        attempt = Attempt()
        outcome = {"result": "failed"}
        try:
            paid = says_paid(self._client.post(self._build.body(invoice), attempt))
            outcome = {"result": "paid" if paid else "declined"}
            return paid
        except NoResultError:
            outcome = {"result": "no-result"}
            raise
        except Exception as error:
            # Only the kind of error: its text may quote the token.
            outcome = {"result": "failed", "error": type(error).__name__}
            raise
        finally:
            self._log(
                "charge",
                invoice=invoice.id,
                customer_id=invoice.customer_id,
                currency=invoice.currency,
                value=invoice.value,
                sent=attempt.sent,
                status=attempt.status,
                **outcome,
            )
