"""Which packets meet a fate: all of them, exactly, each with the rule that decides."""

from iptsim.query.answer import Answer, Query
from iptsim.query.ask import query

__all__ = ["Answer", "Query", "query"]
