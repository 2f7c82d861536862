"""A BillingStack as the operator reasons about it, one module for each part of its spec: pure."""
