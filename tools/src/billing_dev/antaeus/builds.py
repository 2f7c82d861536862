"""PURE: what differs between the two public forks of Antaeus in how they charge."""

import json
from enum import StrEnum
from typing import Any

from billing_dev.antaeus.invoices import Invoice


class Build(StrEnum):
    """The fork whose ways the stand-in takes on."""

    TINJIS = "tinjis"
    PE = "pe"

    @property
    def goes_on_after_a_refusal(self) -> bool:
        """Says whether a refused charge leaves the rest of the batch to be tried."""
        return self is Build.TINJIS

    def headers(self, token: str) -> dict[str, str]:
        """Returns the headers of a charge; the token travels raw, whatever is in it."""
        common = {
            "Content-Type": "application/json",
            "Connection": "keep-alive",
            "Accept": "*/*",
            "User-Agent": "antaeus-stand-in",
        }
        return common | ({"X-Token": token} if self is Build.TINJIS else {})

    def body(self, invoice: Invoice) -> bytes:
        """Returns the body of a charge. It names no invoice, so a repeat cannot be told apart."""
        # pe's JSON library cannot write an enum: it comes out as an empty object.
        currency: Any = invoice.currency if self is Build.TINJIS else {}
        charge = {
            "currency": currency,
            "customer_id": invoice.customer_id,
            "value": invoice.value,
        }
        return json.dumps(charge, separators=(",", ":")).encode()
