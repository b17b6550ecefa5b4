"""Looks that change what is looked at: chance, limits, quotas.

What `numgen` or a limit said at first tells nothing of the next time that a packet comes to the
rule, at another hook or from another rule.
"""

from __future__ import annotations

from iptsim.dataclass import replace
from iptsim.predicate import And, Fact, Not, Or, Predicate
from iptsim.tracer.rules.jumps import Path


def each_look(asked: Predicate, hook: str, path: Path) -> Predicate:
    """The condition with facts of their own for the way by which a packet came to its rule."""
    return _by(asked, " ".join((hook, *(f"{rule} {chain}" for chain, rule in path))))


def _by(asked: Predicate, way: str) -> Predicate:
    match asked:
        case Fact(each_time=True, key=key):
            return replace(asked, key=f"{key} by way of {way}")
        case Not(part=part):
            return replace(asked, part=_by(part, way))
        case And(parts=parts) | Or(parts=parts):
            return replace(asked, parts=tuple(_by(part, way) for part in parts))
        case _:
            return asked
