"""What a text tells of the host beside its rules."""
