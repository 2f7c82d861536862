"""What a user is told of a stack: pure, from findings to conditions and Events."""
