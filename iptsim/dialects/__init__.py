"""Text to model: save and restore input, -S, listings, commands, and the noise around them."""

from iptsim.dialects.read import NoDumpError, read_files, read_text

__all__ = ["NoDumpError", "read_files", "read_text"]
