"""Pictures of the states that a stack and a billing run can be in, made from the code's tables."""
