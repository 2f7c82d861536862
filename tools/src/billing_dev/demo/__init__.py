"""The demo: from a machine with nothing on it to invoices that are paid, and a table of them."""
