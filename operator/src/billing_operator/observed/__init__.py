"""Live objects in the terms that decisions are made of: pure."""
