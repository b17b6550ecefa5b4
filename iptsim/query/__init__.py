"""Which packets meet a fate: all of them, exactly, each with the rule that decides."""

from iptsim.query.asking import query
from iptsim.query.values import Answer, Query

__all__ = ["Answer", "Query", "query"]
