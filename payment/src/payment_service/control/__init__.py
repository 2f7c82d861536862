"""What a person changes while the service runs, and what is in force because of it."""
