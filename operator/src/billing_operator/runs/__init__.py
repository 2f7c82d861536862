"""Billing runs: which may start, what became of them, what they may still be doing."""
