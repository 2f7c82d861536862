"""What must hold of the whole tree, and what runs all of it."""
