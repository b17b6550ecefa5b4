"""Text to model: save and restore input, -S, listings, commands, and the noise around them."""

from iptsim.dialects.dump import dump_lines, read_files, read_states, read_text
from iptsim.errors import NoDumpError

__all__ = ["NoDumpError", "dump_lines", "read_files", "read_states", "read_text"]
