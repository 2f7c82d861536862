"""A payment provider for tests of billing code."""

__version__ = "0.1.0"
