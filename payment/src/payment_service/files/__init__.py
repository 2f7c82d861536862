"""What is mounted, and followed while the service runs."""
