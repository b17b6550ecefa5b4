"""A dump loaded into a kernel, and what may be loaded."""
