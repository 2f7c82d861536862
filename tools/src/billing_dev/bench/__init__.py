"""Benchmarks: payment and the operator, each beside the least that could do the same."""
