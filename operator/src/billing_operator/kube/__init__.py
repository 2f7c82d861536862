"""The API server: the port, its adapter, and what the watches told."""
