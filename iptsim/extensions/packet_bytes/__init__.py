"""Matches on raw bytes: bits that know which field they belong to."""
