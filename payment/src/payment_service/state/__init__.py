"""What is remembered from one charge to the next: in this process, or in a store for all."""
