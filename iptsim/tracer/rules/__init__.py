"""Rules made ready for a walk, and what their targets do."""
