"""Reads and writes texts: JSON, numbers, times and addresses, and what is wrong with them."""
