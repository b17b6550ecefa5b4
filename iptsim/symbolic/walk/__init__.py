"""All packets sent through the rules at once."""
