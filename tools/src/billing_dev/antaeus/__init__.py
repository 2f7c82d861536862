"""A stand-in for Antaeus, for places that cannot pull or build the Kotlin original."""
