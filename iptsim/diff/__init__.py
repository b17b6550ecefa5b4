"""What changed between two dumps: in structure, and in effect as far as tracing tells it."""

from iptsim.diff.compare import diff
from iptsim.diff.difference import Change, Difference, Effect, Kind, RuleAt, Way

__all__ = ["Change", "Difference", "Effect", "Kind", "RuleAt", "Way", "diff"]
