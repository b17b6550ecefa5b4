"""Whether rules speak of loopback addresses, so that route_localnet may decide what they do."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from iptsim.actions import Action, Branch, Translate
from iptsim.host import loopback
from iptsim.predicate import InSet, Predicate, atoms
from iptsim.tracer.compile import Library, Ready
from iptsim.values import IntSet

_LOOPS = IntSet.between(*loopback(32))
_ADDRESSES = frozenset({"src", "dst", "ctorigsrc", "ctorigdst", "ctreplsrc", "ctrepldst"})
_ARRIVING = ("PREROUTING", "INPUT", "FORWARD")


def speaks_of_loopback(libraries: Iterable[Library], hook: str) -> bool:
    """Whether a rule of these hooks tells loopback addresses apart, or rewrites such packets.

    Of what arrives: it asks for addresses within 127.0.0.0/8, or sends packets there. Of what this
    host sends: it gives a packet to such an address another destination.
    """
    if hook in _ARRIVING:
        rules = (ready for library in libraries for ready in _within(library, _ARRIVING))
        return any(_asks(ready.condition) or _leads(ready.actions) for ready in rules)
    rules = (ready for library in libraries for ready in _within(library, ("OUTPUT",)))
    return any(_sends(ready.actions) for ready in rules)


def _within(library: Library, hooks: tuple[str, ...]) -> Iterator[Ready]:
    """The rules of the chains that packets at those hooks may come to."""
    if library.ruleset.family != 4:
        return
    for table in library.ruleset.tables:
        names = [chain.name for chain in table.chains if chain.name in hooks]
        seen = set(names)
        while names:
            chain = table.chain(names.pop())
            if chain is None:
                continue
            yield from library.chain(table, chain)
            to = {rule.target.name for rule in chain.rules if rule.target is not None}
            names += [name for name in to - seen if table.chain(name) is not None]
            seen |= to


def _asks(condition: Predicate) -> bool:
    tests = (a for a in atoms(condition) if isinstance(a, InSet) and a.field in _ADDRESSES)
    return any(_apart(test.values) for test in tests)


def _apart(values: IntSet) -> bool:
    """Whether a set has an edge at or within the loopback addresses, not only all around them."""
    ((first, last),) = _LOOPS.ranges
    inside = values & _LOOPS
    whole = values if inside == _LOOPS else IntSet.width(32) - values if not inside else None
    return whole is None or any(
        (low == first or high == last) and low <= first <= last <= high
        for low, high in whole.ranges
    )


def _leads(actions: Iterable[Action]) -> bool:
    return any(
        one.addresses is not None and bool(one.addresses & _LOOPS) for one in _translations(actions)
    )


def _sends(actions: Iterable[Action]) -> bool:
    return any(one.addresses is not None for one in _translations(actions))


def _translations(actions: Iterable[Action]) -> Iterator[Translate]:
    for one in actions:
        if isinstance(one, Translate):
            yield one
        elif isinstance(one, Branch):
            yield from _translations((*one.then, *one.otherwise, *(one.undecided or ())))
