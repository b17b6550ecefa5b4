"""Reads iptables dumps, tells what the kernel would do with a packet, explains what changed."""

__version__ = "0.1.0"
