"""What the operator's image does beside operating."""
