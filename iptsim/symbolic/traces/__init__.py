"""A trace with many outcomes, told by fate and by the rule that decides."""
