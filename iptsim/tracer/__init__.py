"""One packet, every step."""
