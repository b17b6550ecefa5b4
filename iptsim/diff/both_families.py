"""Changes of a table of family inet or netdev, which both families meet: told once."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from iptsim.dataclass import replace
from iptsim.diff.difference import Change
from iptsim.extensions.lowering import condition
from iptsim.extensions.spec import Context
from iptsim.predicate import NEVER

_INET = ("inet ", "netdev ")


def told_once(changes: Sequence[Change]) -> tuple[Change, ...]:
    """The changes, those that are the same in both families as one.

    It is of the family that its rule speaks of: of IPv6 where no IPv4 packet can match it.
    """
    twins = _twins(changes)
    kept = (change for change in changes if not (change.family == 6 and change.table in twins))
    return tuple(_of_both(change) if change.table in twins else change for change in kept)


def _twins(changes: Sequence[Change]) -> frozenset[str]:
    """The tables of which all changes are those of the other family, too."""
    sides: dict[str, tuple[list[Change], list[Change]]] = {}
    for change in changes:
        if change.table.startswith(_INET):
            four, six = sides.setdefault(change.table, ([], []))
            if change.family == 4:
                four.append(change)
            else:
                six.append(replace(change, family=4))
    return frozenset(name for name, (four, six) in sides.items() if four == six)


def _of_both(change: Change) -> Change:
    rules = list(_rules_never_met(change))
    return replace(change, family=6 if rules and all(rules) else 4, both=True)


def _rules_never_met(change: Change) -> Iterator[bool]:
    """For each rule of the change, whether no IPv4 packet matches it."""
    where = Context(family=4, table=change.table, chain=change.chain)
    for at in (change.before, change.after):
        if at is not None:
            yield condition(at.rule, where) == NEVER
