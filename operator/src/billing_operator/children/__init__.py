"""The objects that a stack owns: what to write, what is whose, and the writing."""
