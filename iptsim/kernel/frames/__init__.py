"""Packets as bytes, and back."""
