"""Findings as data with stable codes, and their sentences in English and 中文."""
