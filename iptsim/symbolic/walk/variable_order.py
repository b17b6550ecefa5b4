"""Which fields the diagrams of a walk ask first."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator

from iptsim.late_rules import LateRules
from iptsim.model import Chain, Table
from iptsim.predicate import Interface, atoms
from iptsim.symbolic.sets.universe import ORDER
from iptsim.tracer.rules.kinds import late_chains
from iptsim.tracer.rules.ready import Library

_LINKS = ("in", "out")
LINKS_FIRST = (*_LINKS, *(name for name in ORDER if name not in _LINKS))
"""The order for rules that part packets by their interfaces before they ask for anything else."""


def order_of(libraries: Iterable[Library]) -> tuple[str, ...]:
    """The order in which the diagrams of these rule sets stay small.

    Interfaces come first where the chains that hooks ask part packets by them, so that each
    interface has its own rules; and last where chains of addresses ask for them here and there: a
    union over all interfaces would be as many times as large. Measured on firewalls of both kinds.
    """
    parted = asking = 0
    for library in libraries:
        for table in library.ruleset.tables:
            hooks = frozenset(table.builtin)
            for chain in table.chains:
                links = len(_links(library, table, chain))
                parted += links if chain.name in hooks else 0
                asking += bool(links) and chain.name not in hooks
    return LINKS_FIRST if parted > asking else ORDER


def _links(library: Library, table: Table, chain: Chain) -> Collection[str]:
    """The interfaces, as rules write them, that a chain asks for."""
    if chain.name in late_chains(library, table) and isinstance(chain.rules, LateRules):
        return {pattern.text for pattern in chain.rules.bound or ()}
    return set(_asked(library, table, chain)) if table.nft_table is None else ()


def _asked(library: Library, table: Table, chain: Chain) -> Iterator[str]:
    for ready in library.chain(table, chain):
        if any(name in ready.reads for name in _LINKS):
            for atom in atoms(ready.condition):
                if isinstance(atom, Interface):
                    yield atom.pattern.text
