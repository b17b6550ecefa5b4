"""A rule line to a rule: words, options, plans, and what of it cannot be read."""
