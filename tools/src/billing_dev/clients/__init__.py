"""Clients of what runs in a cluster: its API server, its audit log, and Antaeus."""
