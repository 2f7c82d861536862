"""The operator of BillingStacks."""

__version__ = "0.1.0"
