"""Packet sets as decision diagrams."""
