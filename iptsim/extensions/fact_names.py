"""How facts about a rule are called: by its text, or by the rule where each look changes them."""

from __future__ import annotations

from iptsim.dataclass import replace
from iptsim.extensions.spec import Context
from iptsim.predicate import And, Fact, Not, Or, Predicate, negate


def named_facts(part: Predicate, text: str, where: Context) -> Predicate:
    """The facts in `part` get their keys; one without a key is about the whole match."""
    if isinstance(part, Fact):
        about = part.key or text
        return replace(part, key=fact_key(part, about, where), detail=part.detail or about)
    if isinstance(part, Not):
        return negate(named_facts(part.part, text, where))
    if isinstance(part, And | Or):
        return replace(part, parts=tuple(named_facts(each, text, where) for each in part.parts))
    return part


def fact_key(pattern: Fact, text: str, where: Context) -> str:
    """The same text is the same unknown, but for state that each look changes: then each rule's."""
    if not pattern.each_time:
        return text
    return f"{text} ({where.table} {where.chain}, no. {where.nth})"
