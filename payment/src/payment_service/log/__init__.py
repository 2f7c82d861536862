"""The log: JSON lines on standard output, which wait for no reader."""
