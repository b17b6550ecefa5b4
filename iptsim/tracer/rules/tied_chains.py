"""Chains of one hook and one priority: of which nobody may know which is asked first.

The kernel asks the one first that was registered last (net/netfilter/core.c, nf_hook_entries_grow).
A listing shows the chains of one table in the order of their making, but not tables beside each
other. Where neither hinders the other the order does not matter.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby, permutations, product

from iptsim import codes
from iptsim.actions import (
    Action,
    Add,
    CopyBits,
    Deliver,
    Fate,
    Forget,
    SetBits,
    Template,
    Touch,
    Translate,
    Untrack,
    Verdict,
    ways_of,
)
from iptsim.dataclass import dataclass
from iptsim.model import Chain, Table
from iptsim.netfilter.hooks import Entry, Stop
from iptsim.predicate import ANY, Fact, atoms
from iptsim.tracer.rules.ready import Library, Ready

MOST_TIED = 3
"""Chains that hinder each other up to which every order of them is followed."""
Order = tuple[Entry, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Effect:
    """What a chain, wherever it leads, asks for, changes, and ends with other than ACCEPT."""

    reads: frozenset[str]
    writes: frozenset[str]
    ends: frozenset[Fate]
    translates: bool


def orders(library: Library, hook: str, stop: Stop) -> tuple[Order, ...]:
    """The orders in which chains of a stop may be asked; one only where it does not matter.

    The first is that in which the chains were made as the text tells them.
    """
    if len(stop.entries) < 2:
        return (stop.entries,)
    key = (hook, stop.priority)
    if key not in library.orders:
        library.orders[key] = _orders(library, stop.entries)
    return library.orders[key]


def _orders(library: Library, entries: Sequence[Entry]) -> tuple[Order, ...]:
    groups = [_of_one(library, tuple(same)) for _p, same in groupby(entries, lambda e: e.priority)]
    return tuple(tuple(entry for part in way for entry in part) for way in product(*groups))


def _of_one(library: Library, entries: Order) -> list[Order]:
    usual = tuple(reversed(entries))
    if len(entries) == 1 or _is_told(entries) or not _hinder(library, entries):
        return [usual]
    if len(entries) > MOST_TIED:
        return [usual, entries]
    every = (way for way in permutations(usual) if _keeps(way, usual))
    return [usual, *(way for way in every if way != usual)]


def _is_told(entries: Order) -> bool:
    """Whether all are of one table, or of commands that make them one after the other."""
    tables = {id(entry.table) for entry in entries}
    return len(tables) == 1 or all(e.table.nft_table is not None and e.table.fresh for e in entries)


def _keeps(way: Order, usual: Order) -> bool:
    """Whether the chains of each table stand in their own order."""
    for table in {id(entry.table): entry.table for entry in usual}.values():
        own = [entry for entry in usual if entry.table is table]
        if [entry for entry in way if entry.table is table] != own:
            return False
    return True


def is_so(order: Order, hook: str) -> Fact:
    """That chains are asked in that order."""
    text = ", ".join(entry.name for entry in order)
    return Fact(key=f"at {hook} the order is {text}", code=codes.CHAINS_IN_ORDER, detail=text)


def _hinder(library: Library, entries: Order) -> bool:
    found = [_effect(library, entry) for entry in entries]
    pairs = ((a, b) for at, a in enumerate(found) for b in found[at + 1 :])
    return any(_meet(one, other) for one, other in pairs)


def _meet(one: _Effect, other: _Effect) -> bool:
    if one.translates and other.translates:
        return True
    if one.ends and other.ends and len(one.ends | other.ends) > 1:
        return True
    return any(
        a.writes & (b.reads | b.writes) or (a.writes and ANY in b.reads)
        for a, b in ((one, other), (other, one))
    )


def _effect(library: Library, entry: Entry) -> _Effect:
    reads: set[str] = set()
    writes: set[str] = set()
    ends: set[Fate] = set()
    translates = False
    for chain in _reached(entry):
        if chain.policy == "DROP":
            ends.add(Fate.DROP)
        for ready in library.chain(entry.table, chain):
            reads |= _read(ready)
            for action in _every(ready.actions):
                writes |= _written(action)
                translates = translates or isinstance(action, Translate)
                if isinstance(action, Verdict) and action.fate is not Fate.ACCEPT:
                    ends.add(action.fate)
    return _Effect(
        reads=frozenset(reads),
        writes=frozenset(writes),
        ends=frozenset(ends),
        translates=translates,
    )


def _reached(entry: Entry) -> Iterator[Chain]:
    waiting = [] if entry.chain is None else [entry.chain.name]
    been = set(waiting)
    table: Table = entry.table
    while waiting:
        chain = table.chain(waiting.pop())
        if chain is not None:
            yield chain
            more = set(chain.aims) - been
            been |= more
            waiting += more


def _read(ready: Ready) -> set[str]:
    facts = {n for one in atoms(ready.condition) if isinstance(one, Fact) for n in one.reads}
    copied = {one.source for one in _every(ready.actions) if isinstance(one, CopyBits)}
    return {*ready.reads, *facts, *copied}


def _every(actions: Iterable[Action]) -> Iterator[Action]:
    for action in actions:
        yield action
        for way in ways_of(action):
            yield from _every(way)


def _written(action: Action) -> set[str]:
    match action:
        case SetBits(field=name) | Add(field=name) | Forget(field=name) | CopyBits(to=name):
            return {name}
        case Touch(name=name):
            return {name}
        case Untrack() | Template():
            return {"ctstate"}
        case Deliver():
            return {"the packet's socket"}
        case _:
            return set()
