"""How the service is to behave: the document that people write, and what it means."""
