"""What holds for every unit test."""

from own_ports import own_ports

__all__ = ["own_ports"]
