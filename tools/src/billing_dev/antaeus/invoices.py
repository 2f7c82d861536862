"""Customers and invoices, in a SQLite file that is made anew at each start unless it is kept.

Where it is made anew, a restart forgets every payment, as it does with the original. A second
replica is a second set of invoices.
"""

import random
import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from typing import Any

_LEAST_CENTS, _MOST_CENTS = 10_00, 500_00

_SCHEMA = (
    "CREATE TABLE customer (id INTEGER PRIMARY KEY, currency TEXT NOT NULL)",
    "CREATE TABLE invoice ("
    " id INTEGER PRIMARY KEY,"
    " customer_id INTEGER NOT NULL REFERENCES customer (id),"
    " cents INTEGER NOT NULL,"
    " status TEXT NOT NULL)",
)
_INVOICES = (
    "SELECT invoice.id, customer_id, cents, currency, status"
    " FROM invoice JOIN customer ON customer.id = customer_id"
)


@dataclass(frozen=True, slots=True)
class Customer:
    """Somebody who pays in one currency."""

    id: int
    currency: str


@dataclass(frozen=True, slots=True)
class Invoice:
    """What a customer owes, or no longer owes."""

    id: int
    customer_id: int
    cents: int
    currency: str
    status: str = "PENDING"

    @property
    def value(self) -> float:
        """The amount as a JSON number; a whole one has no decimals."""
        whole, rest = divmod(self.cents, 100)
        return self.cents / 100 if rest else whole


CUSTOMERS = (Customer(1, "USD"), Customer(2, "DKK"))

# How many invoices there are and which are paid at the start, if no number is asked for.
_USUAL_COUNT, _PAID_FROM_THE_START = 10, (1, 6)

# A customer's amounts all differ, so there can be no more invoices than amounts.
MOST_INVOICES = len(CUSTOMERS) * (_MOST_CENTS - _LEAST_CENTS + 1)


def first_invoices(count: int | None, chance: random.Random) -> list[Invoice]:
    """Returns the invoices to start with: so many PENDING ones, or the original's ten.

    No customer has two of the same amount. With the original that is only likely; here it lets a
    test tell from customer and amount which invoice a charge was for.
    """
    total = _USUAL_COUNT if count is None else count
    paid = _PAID_FROM_THE_START if count is None else ()
    share = -(-total // len(CUSTOMERS))
    amounts = [chance.sample(range(_LEAST_CENTS, _MOST_CENTS + 1), share) for _ in CUSTOMERS]
    invoices = []
    for index in range(total):
        which, place = divmod(index, share)
        customer, number = CUSTOMERS[which], index + 1
        status = "PAID" if number in paid else "PENDING"
        cents = amounts[which][place]
        invoices.append(Invoice(number, customer.id, cents, customer.currency, status))
    return invoices


class Invoices:
    """The database: one connection, held only for the moment of a statement.

    Requests come on many threads, and reading must not wait for a pay call that is under way.
    """

    def __init__(self, file: Path, first: Iterable[Invoice], *, keep: bool = False) -> None:
        """Opens the database.

        Args:
            first: what it begins with.
            keep: goes on with what an earlier start left, if there was one.
        """
        if not keep:
            file.unlink(missing_ok=True)
        self._lock = Lock()
        self._database = sqlite3.connect(file, isolation_level=None, check_same_thread=False)
        if keep and self._rows("SELECT 1 FROM sqlite_master WHERE name = 'invoice'"):
            return
        if not keep:
            # Nothing here has to survive a crash: the next start drops it.
            self._database.executescript("PRAGMA synchronous = OFF; PRAGMA journal_mode = MEMORY;")
        self._database.execute("BEGIN")
        for statement in _SCHEMA:
            self._database.execute(statement)
        self._database.executemany(
            "INSERT INTO customer VALUES (?, ?)", [(one.id, one.currency) for one in CUSTOMERS]
        )
        self._database.executemany(
            "INSERT INTO invoice VALUES (?, ?, ?, ?)",
            [(one.id, one.customer_id, one.cents, one.status) for one in first],
        )
        self._database.execute("COMMIT")

    def close(self) -> None:
        self._database.close()

    def _rows(self, statement: str, *values: Any) -> list[Any]:
        with self._lock:
            return self._database.execute(statement, values).fetchall()

    def all(self) -> list[Invoice]:
        """Returns every invoice, in the order of their ids."""
        return [Invoice(*row) for row in self._rows(f"{_INVOICES} ORDER BY invoice.id")]

    def pending(self) -> list[Invoice]:
        """Returns what is not yet paid, in the order of their ids."""
        rows = self._rows(f"{_INVOICES} WHERE status = 'PENDING' ORDER BY invoice.id")
        return [Invoice(*row) for row in rows]

    def find(self, number: int) -> Invoice | None:
        """Returns the invoice with this id."""
        rows = self._rows(f"{_INVOICES} WHERE invoice.id = ?", number)
        return Invoice(*rows[0]) if rows else None

    def mark_paid(self, number: int) -> None:
        """Notes that the invoice is paid; it may have been already."""
        self._rows("UPDATE invoice SET status = 'PAID' WHERE id = ?", number)

    def customers(self) -> list[Customer]:
        """Returns every customer, in the order of their ids."""
        return [Customer(*row) for row in self._rows("SELECT * FROM customer ORDER BY id")]

    def find_customer(self, number: int) -> Customer | None:
        """Returns the customer with this id."""
        rows = self._rows("SELECT * FROM customer WHERE id = ?", number)
        return Customer(*rows[0]) if rows else None
