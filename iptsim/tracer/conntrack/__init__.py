"""Connection tracking and NAT on the way of a packet."""
