"""Which stack is looked at when, and the one pass over it."""
