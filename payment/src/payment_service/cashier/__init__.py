"""How a charge call is taken: limits, keys, duplicates, the decision, and what is told of it."""
