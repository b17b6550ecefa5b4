"""Save and restore text, and a table while its text is read."""
