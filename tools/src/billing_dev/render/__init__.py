"""Files of this tree that are made out of others."""
