"""How a changed profile gets into effect in every payment pod."""
