"""A terminal session that was recorded from the real thing, and the picture that plays it."""
