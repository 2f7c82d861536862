"""What the operator makes of a broken world: it is killed, answered badly, or left in the dark."""
