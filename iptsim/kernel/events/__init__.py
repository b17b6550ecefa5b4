"""What the kernel tells of one packet."""
