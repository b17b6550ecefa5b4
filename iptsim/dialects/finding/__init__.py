"""A dump found among other lines."""
