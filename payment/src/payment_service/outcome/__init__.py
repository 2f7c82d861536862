"""What a charge is and what becomes of it."""
