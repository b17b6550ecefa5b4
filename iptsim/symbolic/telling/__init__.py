"""From packet sets back to short conditions, and to ordinary packets."""
