"""Rule sets written back as text."""
