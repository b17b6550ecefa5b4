"""The packets that follow a packet in its connection."""
