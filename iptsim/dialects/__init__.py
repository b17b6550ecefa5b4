"""Text to model: save and restore input, -S, listings, commands, and the noise around them."""

from iptsim.dialects.read import NoDumpError, dump_lines, read_files, read_states, read_text

__all__ = ["NoDumpError", "dump_lines", "read_files", "read_states", "read_text"]
