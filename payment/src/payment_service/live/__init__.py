"""What is followed while the service runs: the mounted files, and the profile in effect."""
