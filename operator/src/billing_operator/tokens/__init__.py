"""The token that both services share: which one it is, and its rotation."""
