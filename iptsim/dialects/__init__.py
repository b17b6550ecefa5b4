"""The text forms of dumps: save files, listings, command lines, and the noise around them."""
