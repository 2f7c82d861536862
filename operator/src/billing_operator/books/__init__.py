"""What payment accepted over all its processes, and what Antaeus has as paid for it."""
