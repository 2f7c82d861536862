"""The two services of a stack, as the operator asks them."""
