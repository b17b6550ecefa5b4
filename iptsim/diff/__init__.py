"""What changed between two rule sets, in structure and in effect."""
