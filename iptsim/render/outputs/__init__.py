"""One file for each output."""
